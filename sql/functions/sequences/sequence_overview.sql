-- Lists the sequences, the busiest first: who runs through each, who has, and what was sent in a week; changes nothing. `version_id`
-- is a short name for one of them.
create or replace function tendril.sequence_overview(at timestamptz default tendril.clock())
returns table (name text, title text, version_id bigint, paused_at timestamptz, running bigint, completed bigint, sent bigint)
language sql stable
set search_path = ''
as $$
    select
        s.name, s.title, s.current_version_id, s.paused_at, coalesce(runs.running, 0), coalesce(runs.completed, 0), coalesce(messages.sent, 0)
    from tendril.sequences s
    left join (
        select e.sequence, count(*) filter (where e.status in ('active', 'paused')) as running,
            count(*) filter (where e.status = 'completed') as completed
        from tendril.enrollments e group by e.sequence
    ) runs on runs.sequence = s.name
    left join (
        select d.sequence_type, count(*) as sent
        from tendril.message_deliveries d
        where d.channel = any (array['telegram', 'email', 'sms', 'push', 'in_app']) and d.sent_at > sequence_overview.at - interval '7 days'
        group by d.sequence_type
    ) messages on messages.sequence_type = s.name
    where s.archived_at is null and s.current_version_id is not null
    order by coalesce(runs.running, 0) desc, coalesce(messages.sent, 0) desc, s.name;
$$;
