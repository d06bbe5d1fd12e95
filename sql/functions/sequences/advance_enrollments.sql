-- Moves on the enrollments whose current step these deliveries bring to an end: plans what comes next, or completes them.
create or replace function tendril.advance_enrollments(deliveries bigint[], at timestamptz default tendril.clock())
returns void
language plpgsql
set search_path = ''
set plan_cache_mode = 'force_generic_plan'
set random_page_cost = 1.1
-- Plans are made while the tables are still small, and then kept.
set enable_seqscan = off
as $$
#variable_conflict use_column
declare
    moved_on bigint[];
    some_are_compared boolean;
begin
    -- Everybody takes these locks in the same order.
    select bool_or(locked.experiment_id is not null) into some_are_compared
    from (
        select e.experiment_id from tendril.enrollments e
        where e.id in (select d.enrollment_id from tendril.message_deliveries d where d.id = any (advance_enrollments.deliveries))
        order by e.id for no key update
    ) locked;
    if some_are_compared then
        perform tendril.note_exposures(advance_enrollments.deliveries);
    end if;
    -- The comparison with current_step makes it happen once, however many deliveries of the step end.
    with ended as (
        select distinct d.enrollment_id, d.message_step
        from tendril.message_deliveries d
        join tendril.sequence_steps s on s.version_id = d.version_id and s.position = d.message_step
        where d.id = any (advance_enrollments.deliveries)
            -- What goes over both channels ends with the last of them; one that is off would never end it.
            and (s.fallback <> 'both' or not exists (
                select from tendril.message_deliveries other
                join tendril.send_budgets b on b.channel = other.channel
                where other.enrollment_id = d.enrollment_id and other.message_step = d.message_step
                    and other.delivery_status in ('pending', 'sending', 'parked')))
    ), moved as (
        update tendril.enrollments e
        set current_step = ended.message_step, stepped_at = advance_enrollments.at,
            status = case when next_step.position is null and e.status in ('active', 'paused') then 'completed' else e.status end,
            ended_at = case when next_step.position is null then coalesce(e.ended_at, advance_enrollments.at) else e.ended_at end
        from ended
        join tendril.enrollments current on current.id = ended.enrollment_id
        left join tendril.sequence_steps next_step
            on next_step.version_id = current.version_id and next_step.position = ended.message_step + 1
        where e.id = ended.enrollment_id and e.current_step = ended.message_step - 1
        returning e.id, next_step.position
    )
    select array_agg(id) filter (where position is not null) into moved_on from moved;
    if moved_on is not null then
        perform tendril.plan_next_steps(moved_on, advance_enrollments.at);
    end if;
end;
$$;
