-- Gives in the order of time what happened to somebody's messages in a simulation, also to those of other sequences, which count for
-- the same caps; changes nothing.
create or replace function tendril.simulated_entries(user_id uuid, sequence text, begins timestamptz)
returns jsonb
language sql stable
set search_path = ''
as $$
    with mine as (
        select d.*, e.key, s.name as step, f.channel as instead, f.created_at as instead_at
        from tendril.message_deliveries d
        left join tendril.message_deliveries f
            on f.enrollment_id = d.enrollment_id and f.message_step = d.message_step and f.fallback_of = d.id
        join tendril.enrollments e on e.id = d.enrollment_id
        join tendril.sequence_steps s on s.version_id = d.version_id and s.position = d.message_step
        where d.user_id = simulated_entries.user_id
    ), told as (
        select m.id, v.occurred_at as at, v.type as verdict, v.reason, (v.details ->> 'until')::timestamptz as until, null as to_channel
        from mine m join tendril.delivery_events v on v.delivery_id = m.id and v.source = 'gate' and v.type in ('hold', 'skip', 'stop')
        union all
        select m.id, m.sent_at, 'send', null, null, null from mine m where m.sent_at is not null and m.delivery_status not in ('bounced', 'failed')
        union all
        select m.id, coalesce(m.failed_at, m.instead_at), case when m.instead is null then 'fail' else 'fallback' end,
            case when m.failed_at is null then 'no_engagement'
                else coalesce(m.failure_reason, m.reason) end, null, m.instead
        from mine m where m.failed_at is not null or m.instead is not null
    )
    select coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
        'at', told.at, 'local', to_char(told.at at time zone u.timezone, 'YYYY-MM-DD"T"HH24:MI:SS'),
        'day', (told.at at time zone u.timezone)::date - (simulated_entries.begins at time zone u.timezone)::date,
        'sequence', m.sequence_type, 'is_other', m.sequence_type <> simulated_entries.sequence, 'step', m.step, 'position', m.message_step,
        'channel', m.channel, 'verdict', told.verdict,
        'reason', told.reason, 'until', told.until,
        'until_local', to_char(told.until at time zone u.timezone, 'YYYY-MM-DD"T"HH24:MI:SS'), 'to_channel', told.to_channel,
        'passed_over', case when told.verdict = 'send' then m.metadata -> 'passed_over' end, 'key', m.key
        )) order by told.at, m.id, told.verdict), '[]')
    from told
    join mine m on m.id = told.id
    join tendril.users u on u.id = m.user_id
    where told.at >= simulated_entries.begins;
$$;
