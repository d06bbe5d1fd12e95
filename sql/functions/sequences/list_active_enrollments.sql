-- Lists the enrollments that are running, newest first, with what comes next and what holds it; changes nothing.
create or replace function tendril.list_active_enrollments(limit_to int default 100, after_id bigint default null)
returns table (
    enrollment_id bigint, user_id uuid, user_name text, sequence text, key text, status text, step int, steps int,
    next_due_at timestamptz, next_channel text, hold_reason text, enrolled_at timestamptz
)
language sql stable
set search_path = ''
as $$
    select
        e.id, e.user_id, coalesce(nullif(btrim(concat_ws(' ', u.first_name, u.last_name)), ''), u.username), e.sequence, e.key, e.status,
        e.current_step, (select count(*)::int from tendril.sequence_steps s where s.version_id = e.version_id),
        nullif(d.next_attempt_at, 'infinity'), d.channel, d.reason, e.enrolled_at
    from tendril.enrollments e
    join tendril.users u on u.id = e.user_id
    left join lateral (
        select * from tendril.message_deliveries d
        where d.enrollment_id = e.id and d.delivery_status in ('pending', 'sending', 'parked') order by d.next_attempt_at limit 1
    ) d on true
    where e.status in ('active', 'paused') and (list_active_enrollments.after_id is null or e.id < list_active_enrollments.after_id)
    order by e.id desc
    limit list_active_enrollments.limit_to;
$$;
