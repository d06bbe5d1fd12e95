-- Compares messages that are alike in something with the others of their channel, a step with the others of its sequence, and channels
-- with each other: how many there were, to how many people, and how many were answered within three days, or led their people back on
-- one of the next three days. `variance` is that of the difference of the two rates, where the messages of one person do not count as
-- independent of each other. Where there is little to compare nothing is. Of more than so many messages those of a share of the people
-- are taken, always the same ones. Changes nothing.
create or replace function tendril.pattern_counts(since date, until date, most int default 100000)
returns jsonb
language plpgsql stable
set search_path = ''
-- How many rows these steps give cannot be foreseen, and each joins many with many.
set enable_nestloop = off
set work_mem = '64MB'
as $$
#variable_conflict use_column
declare
    share double precision := pattern_counts.most / greatest(1.0, (
        select sum(c.sent) from tendril.delivery_cells c where c.day between pattern_counts.since and pattern_counts.until));
begin
    return (
    with sent as materialized (
        select d.user_id, d.channel, d.sequence_type, d.sent_at at time zone u.timezone as sent_at, u.locale, u.source, s.name as step,
            t.name as template, d.sent_at - u.created_at as age,
            case when d.channel = 'email' then coalesce(m.provider, 'other') end as mail_provider,
            coalesce(least(d.engaged_at, d.clicked_at) <= d.sent_at + interval '3 days', false)::int as answered,
            exists (
                select from tendril.behavior_days b
                where b.user_id = d.user_id and b.day between (d.sent_at at time zone u.timezone)::date + 1 and (d.sent_at at time zone u.timezone)::date + 3
            )::int as returned
        from tendril.message_deliveries d
        join tendril.users u on u.id = d.user_id
        join tendril.sequence_steps s on s.version_id = d.version_id and s.position = d.message_step
        left join tendril.template_versions v on v.id = s.template_version_id
        left join tendril.templates t on t.id = v.template_id
        left join tendril.mail_domains m on d.channel = 'email' and m.domain = lower(substring(d.recipient_address from '@([^@]+)$'))
        where d.sent_at >= pattern_counts.since::timestamp at time zone 'UTC' and d.sent_at < (pattern_counts.until + 1)::timestamp at time zone 'UTC'
            and d.channel = any (array['telegram', 'email', 'sms', 'push', 'in_app'])
            and d.delivery_status in ('sent', 'delivered', 'opened', 'clicked') and (d.channel <> 'email' or d.delivered_at is not null)
            and d.sequence_type <> 'campaign_trial'
            and ('x' || right(d.user_id::text, 7))::bit(28)::int < share * 268435456
    ), alike as (
        select each.subject, each.key, each.channel, each.scope, t.user_id, count(*)::int as n, sum(t.answered)::int as answered, sum(t.returned)::int as returned
        from sent t
        cross join lateral (values
            ('channel', t.channel, '', ''),
            ('hour', to_char(t.sent_at, 'HH24'), t.channel, ''),
            ('weekday', to_char(t.sent_at, 'ID'), t.channel, ''),
            ('sequence', t.sequence_type, t.channel, ''),
            ('step', t.sequence_type || '/' || t.step, t.channel, t.sequence_type),
            ('template', t.template, t.channel, ''),
            ('mail_provider', t.mail_provider, t.channel, ''),
            ('language', lower(split_part(t.locale, '-', 1)), t.channel, ''),
            ('source', t.source, t.channel, ''),
            ('tenure', case when t.age < interval '7 days' then 'week_1' when t.age < interval '28 days' then 'weeks_2_to_4' else 'later' end, t.channel, '')
        ) as each (subject, key, channel, scope)
        where each.key <> ''
        group by 1, 2, 3, 4, 5
    ), whole as (
        -- what each person got of all that is compared; a message stands once in it
        select a.channel, a.scope, a.user_id, sum(a.n)::int as n, sum(a.answered)::int as answered, sum(a.returned)::int as returned
        from alike a where a.subject in ('channel', 'hour', 'step')
        group by 1, 2, 3
    ), spread as (
        select w.channel, w.scope, count(*) as people, k.measure, sum(w.n) as n, sum(k.hits) as hits,
            sum(k.hits * k.hits) as hits_squared, sum(k.hits * w.n) as product, sum(w.n * w.n) as n_squared
        from whole w
        cross join lateral (values ('answered', w.answered), ('returned', w.returned)) as k (measure, hits)
        group by w.channel, w.scope, k.measure
    ), groups as (
        select a.subject, a.key, a.channel, a.scope, k.measure, sum(a.n) as n, sum(k.hits) as hits, count(*) as people,
            count(*) filter (where a.n = w.n) as only_here
        from alike a
        join whole w on w.channel = a.channel and w.scope = a.scope and w.user_id = a.user_id
        cross join lateral (values ('answered', a.answered), ('returned', a.returned)) as k (measure, hits)
        group by a.subject, a.key, a.channel, a.scope, k.measure
    ), compared as (
        select g.*, s.n - g.n as other_n, s.hits - g.hits as other_hits, s.people - g.only_here as other_people,
            g.hits::float8 / g.n as rate, (s.hits - g.hits)::float8 / nullif(s.n - g.n, 0) as other_rate, s.hits_squared, s.product, s.n_squared
        from groups g
        join spread s on s.channel = g.channel and s.scope = g.scope and s.measure = g.measure
        where least(g.n, s.n - g.n) >= 100 and least(g.people, s.people - g.only_here) >= 50
            and least(g.hits, g.n - g.hits, s.hits - g.hits, s.n - g.n - s.hits + g.hits) >= 10
            -- of a mail also an opening counts as an answer, of which nothing is known over other channels
            and (g.subject, g.measure) <> ('channel', 'answered')
    ), varied as (
        -- the sum of squares of what each person adds to the difference: first as if nobody had any of this kind, then put right
        select c.subject, c.key, c.channel, c.scope, c.measure,
            (max(c.hits_squared) - 2 * max(c.other_rate) * max(c.product) + max(c.other_rate) ^ 2 * max(c.n_squared)) / max(c.other_n) ^ 2
            + sum(
                ((k.hits - c.rate * a.n) / c.n - (k.all_hits - k.hits - c.other_rate * (w.n - a.n)) / c.other_n) ^ 2
                - ((k.all_hits - c.other_rate * w.n) / c.other_n) ^ 2) as variance
        from compared c
        join alike a on a.subject = c.subject and a.key = c.key and a.channel = c.channel and a.scope = c.scope
        join whole w on w.channel = a.channel and w.scope = a.scope and w.user_id = a.user_id
        cross join lateral (
            select case c.measure when 'answered' then a.answered else a.returned end as hits,
                case c.measure when 'answered' then w.answered else w.returned end as all_hits
        ) k
        group by c.subject, c.key, c.channel, c.scope, c.measure
    )
    select jsonb_build_object(
        'messages', (select count(*) from sent), 'people', (select count(distinct t.user_id) from sent t),
        'comparisons', coalesce(jsonb_agg(jsonb_build_object(
            'measure', c.measure, 'subject', c.subject, 'key', c.key, 'channel', c.channel, 'messages', c.n, 'people', c.people, 'hits', c.hits,
            'other_messages', c.other_n, 'other_people', c.other_people, 'other_hits', c.other_hits, 'variance', v.variance::float8)), '[]'))
    from compared c
    join varied v using (subject, key, channel, scope, measure));
end;
$$;
