-- Writes the next step of each of these enrollments into the ledger; one that is not active gets none.
create or replace function tendril.plan_next_steps(enrollments bigint[], at timestamptz default tendril.clock())
returns int
language plpgsql
set search_path = ''
set plan_cache_mode = 'force_generic_plan'
set random_page_cost = 1.1
-- Plans are made while the tables are still small, and then kept; those by which foreign keys are checked too.
set enable_seqscan = off
as $$
#variable_conflict use_column
declare
    planned int;
begin
    with next_step as materialized (
        select
            e.id as enrollment_id, e.user_id, e.version_id, e.sequence, s.position, s.max_attempts, s.fallback,
            coalesce(e.message_class, s.message_class) as message_class,
            coalesce(e.channels, s.channels) as channels,
            e.context ->> s.recipient_field as recipient_address,
            -- Most first steps are due at once, and campaigns plan a million of them: what only the others need is read for them alone.
            case when s.anchor in ('enrollment', 'previous') and s.after = interval '0' and s.local_time is null and not s.at_preferred_time
                    and s.weekdays is null
                then case s.anchor when 'enrollment' then e.anchor_at else greatest(e.stepped_at, e.anchor_at) end
                else (
                    select tendril.step_due(e, s, p, u.timezone)
                    from tendril.users u left join tendril.user_preferences p on p.user_id = u.id
                    where u.id = e.user_id)
                end as due
        from tendril.enrollments e
        join tendril.sequence_steps s on s.version_id = e.version_id and s.position = e.current_step + 1
        where e.id = any (plan_next_steps.enrollments) and e.status = 'active'
    )
    insert into tendril.message_deliveries (
        enrollment_id, user_id, version_id, sequence_type, message_step, message_class, channel, recipient_address,
        max_attempts, scheduled_at, next_attempt_at, created_at
    )
    select
        n.enrollment_id, n.user_id, n.version_id, n.sequence, n.position, n.message_class, chosen.channel,
        n.recipient_address, n.max_attempts, n.due, n.due, plan_next_steps.at
    from next_step n
    -- A guess that saves the gate a detour; the gate decides when the message is due.
    cross join lateral unnest(case when n.fallback = 'both' then n.channels else array[coalesce(
        (
            select cp.channel
            from tendril.contact_points cp
            left join tendril.user_preferences p on p.user_id = cp.user_id
            where n.recipient_address is null and cp.user_id = n.user_id and cp.channel = any (n.channels)
                and cp.state = 'active' and cp.unsubscribed_at is null
            order by cp.channel = p.preferred_channel desc nulls last, cp.channel = p.learned_channel desc nulls last,
                array_position(n.channels, cp.channel)
            limit 1
        ),
        n.channels[1]
    )] end) as chosen (channel)
    on conflict (enrollment_id, message_step, channel) do nothing;
    get diagnostics planned = row_count;
    return planned;
end;
$$;
