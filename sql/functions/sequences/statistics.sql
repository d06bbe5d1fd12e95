-- The last days in figures, day by day in a time zone and in all: messages by channel and what became of them, who was active, who
-- came, who wants no more. Takes in first what happened to messages last.
create or replace function tendril.statistics(days int default 7, zone text default 'UTC', at timestamptz default tendril.clock())
returns jsonb
language plpgsql
set search_path = ''
-- Who was active on a day that has not been counted is told from many events: better in memory than in files.
set work_mem = '64MB'
set jit = off
as $$
#variable_conflict use_column
declare
    since timestamptz;
    active_on jsonb;
begin
    if statistics.days is null or statistics.days not between 1 and 365 then
        raise exception 'statistics are of 1 to 365 days' using errcode = 'TN422', detail = 'days';
    end if;
    since := (select min(d.since) from tendril.spans_of_days(statistics.days, statistics.zone, statistics.at) d);
    -- What has not been counted yet, as today, is told from the events themselves.
    select jsonb_object_agg(d.day, coalesce(
        (select sum(c.people) from tendril.active_counts c where c.since = d.since and c.until = d.until),
        tendril.people_active(d.since, d.until)))
    into active_on
    from tendril.spans_of_days(statistics.days, statistics.zone, statistics.at) d;
    -- Not before: whoever folds keeps others from it until the end.
    perform tendril.fold_deliveries(at => statistics.at);
    return (
        with every_day as materialized (
            select d.* from tendril.spans_of_days(statistics.days, statistics.zone, statistics.at) d
        ), messages as materialized (
            select (q.quarter at time zone statistics.zone)::date as day, q.channel, sum(q.sent) as sent, sum(q.delivered) as delivered,
                sum(q.opened) as opened, sum(q.clicked) as clicked
            from tendril.delivery_quarters q
            where q.quarter >= since and q.quarter <= statistics.at and q.sent > 0
            group by 1, 2
        ), sent as materialized (
            select m.day, jsonb_object_agg(m.channel, m.sent) as by_channel from messages m group by 1
        ), went as (
            select (w.at at time zone statistics.zone)::date as day, count(distinct w.user_id) as people
            from (
                select c.user_id, c.unsubscribed_at as at from tendril.contact_points c where c.unsubscribed_at >= since
                union all
                select p.user_id, p.stopped_at from tendril.user_preferences p where p.stopped_at >= since
            ) w
            group by 1
        ), people as materialized (
            select y.day, (active_on ->> y.day::text)::bigint as active, came.people as new, coalesce(went.people, 0) as unsubscribed,
                coalesce(sent.by_channel, '{}') as sent
            from every_day y
            cross join lateral (
                select count(*) as people from tendril.users u
                where u.created_at >= y.since and u.created_at < y.until and u.deleted_at is null
            ) came
            left join sent on sent.day = y.day
            left join went on went.day = y.day
        )
        select jsonb_build_object(
            'days', (
                select jsonb_agg(jsonb_build_object('day', p.day, 'active', p.active, 'new', p.new, 'unsubscribed', p.unsubscribed, 'sent', p.sent)
                    order by p.day)
                from people p),
            'channels', (
                select coalesce(jsonb_object_agg(c.channel, jsonb_build_object(
                    'sent', c.sent, 'delivered', c.delivered, 'opened', c.opened, 'clicked', c.clicked)), '{}')
                from (
                    select m.channel, sum(m.sent) as sent, sum(m.delivered) as delivered, sum(m.opened) as opened, sum(m.clicked) as clicked
                    from messages m group by m.channel
                ) c),
            'active', (select count(*) from tendril.users u where u.last_active_at >= since and u.deleted_at is null),
            'new', (select sum(p.new) from people p),
            'unsubscribed', (select sum(p.unsubscribed) from people p)));
end;
$$;
