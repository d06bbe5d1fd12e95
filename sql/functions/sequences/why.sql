-- Gives what a user needs to know why they got their last message, and what becomes of the next; changes nothing.
create or replace function tendril.why(user_id uuid, at timestamptz default tendril.clock())
returns jsonb
language sql stable
set search_path = ''
as $$
    select jsonb_build_object(
        'timezone', u.timezone, 'stopped', p.stopped_at is not null,
        'last', (
            select jsonb_build_object(
                'tracking_id', d.tracking_id, 'title', q.title, 'step', s.name, 'channel', d.channel, 'sent_at', d.sent_at,
                'message_class', d.message_class, 'source', e.source,
                'event', case e.source when 'trigger' then q.trigger ->> 'event' end)
            from tendril.message_deliveries d
            join tendril.enrollments e on e.id = d.enrollment_id
            join tendril.sequences q on q.name = d.sequence_type
            join tendril.sequence_steps s on s.version_id = d.version_id and s.position = d.message_step
            where d.user_id = u.id and d.sent_at is not null
            order by d.sent_at desc limit 1),
        'next', (
            select jsonb_build_object(
                'title', q.title, 'channel', d.channel, 'reason', d.reason, 'at', nullif(d.next_attempt_at, 'infinity'),
                'is_due', d.next_attempt_at <= why.at)
            from tendril.message_deliveries d
            join tendril.sequences q on q.name = d.sequence_type
            where d.user_id = u.id and d.delivery_status = 'pending'
            order by d.next_attempt_at limit 1))
    from tendril.users u left join tendril.user_preferences p on p.user_id = u.id
    where u.id = why.user_id;
$$;
