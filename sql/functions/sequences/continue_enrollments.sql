-- Lets paused or stopped enrollments go on: all that lies ahead of them moves by the time that they stood still.
create or replace function tendril.continue_enrollments(enrollments bigint[], at timestamptz default tendril.clock())
returns void
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
begin
    with continued as (
        select e.id, continue_enrollments.at - coalesce(e.paused_at, e.ended_at) as stood_still,
            -- its last message may have been on its way when it was stopped
            not exists (select from tendril.sequence_steps s where s.version_id = e.version_id and s.position > e.current_step) as is_over
        from tendril.enrollments e where e.id = any (continue_enrollments.enrollments) order by e.id for update
    ), running as (
        update tendril.enrollments e
        set status = case when c.is_over then 'completed' else 'active' end, status_reason = null, paused_at = null,
            ended_at = case when c.is_over then coalesce(e.ended_at, continue_enrollments.at) end,
            anchor_at = e.anchor_at + c.stood_still, stepped_at = e.stepped_at + c.stood_still
        from continued c where e.id = c.id
    )
    update tendril.message_deliveries d
    set delivery_status = 'pending', reason = null, scheduled_at = d.scheduled_at + c.stood_still,
        next_attempt_at = d.scheduled_at + c.stood_still
    from continued c
    where d.enrollment_id = c.id
        and (d.delivery_status = 'pending' or d.delivery_status = 'cancelled' and d.reason in ('user_stopped', 'sequence_declined', 'enrollment_ended'));
    -- Half past nine stays half past nine, however long they stood still.
    perform tendril.replan_steps(continue_enrollments.enrollments);
    -- A step that ended while they stood still has left the next one unplanned.
    perform tendril.plan_next_steps(array(
        select e.id from tendril.enrollments e
        where e.id = any (continue_enrollments.enrollments) and not exists (
            select from tendril.message_deliveries d where d.enrollment_id = e.id and d.message_step = e.current_step + 1)
    ), continue_enrollments.at);
end;
$$;
