-- Lists a page of a user's runs through sequences, the running ones first, with how far each is and what comes next; changes
-- nothing.
create or replace function tendril.enrollments_of_user(user_id uuid, page_size int default 5, skip int default 0)
returns jsonb
language sql stable
set search_path = ''
as $$
    select jsonb_build_object(
        'user_id', u.id, 'name', tendril.full_name(u), 'timezone', u.timezone,
        'count', (select count(*) from tendril.enrollments e where e.user_id = u.id),
        'running', (select count(*) from tendril.enrollments e where e.user_id = u.id and e.status in ('active', 'paused')),
        'enrollments', coalesce((
            select jsonb_agg(jsonb_build_object(
                'enrollment_id', p.id, 'sequence', p.sequence, 'title', s.title, 'key', p.key, 'status', p.status, 'status_reason', p.status_reason,
                'current_step', p.current_step, 'steps', (select count(*) from tendril.sequence_steps s where s.version_id = p.version_id),
                'enrolled_at', p.enrolled_at, 'ended_at', p.ended_at,
                'next_due_at', (
                    select min(nullif(d.next_attempt_at, 'infinity')) from tendril.message_deliveries d
                    where d.enrollment_id = p.id and d.delivery_status = 'pending')) order by p.status in ('active', 'paused') desc, p.id desc)
            from (
                select * from tendril.enrollments e where e.user_id = u.id
                order by e.status in ('active', 'paused') desc, e.id desc
                limit enrollments_of_user.page_size offset enrollments_of_user.skip
            ) p join tendril.sequences s on s.name = p.sequence), '[]'))
    from tendril.users u where u.id = enrollments_of_user.user_id and u.deleted_at is null;
$$;
