-- Moves the next step of these enrollments to where the user's wall clock has it now; what was tried already, and what asks for
-- no local time, stays where it is.
create or replace function tendril.replan_steps(enrollments bigint[])
returns void
language sql
set search_path = ''
as $$
    with moved as (
        select d.id, tendril.step_due(e, s, p, u.timezone) as due
        from tendril.enrollments e
        join tendril.message_deliveries d on d.enrollment_id = e.id and d.message_step = e.current_step + 1
        join tendril.sequence_steps s on s.version_id = d.version_id and s.position = d.message_step
        join tendril.users u on u.id = e.user_id
        left join tendril.user_preferences p on p.user_id = e.user_id
        where e.id = any (replan_steps.enrollments) and d.delivery_status = 'pending' and d.attempt_count = 0 and d.fallback_of is null
            and (s.local_time is not null or s.at_preferred_time or s.weekdays is not null)
    )
    update tendril.message_deliveries d
    set scheduled_at = m.due, next_attempt_at = m.due
    from moved m where d.id = m.id and d.scheduled_at <> m.due;
$$;
