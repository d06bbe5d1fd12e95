-- The last days in figures, day by day in a time zone and in all: messages by channel and what became of them, who was active, who
-- came, who wants no more. Takes in first what happened to messages last.
create or replace function tendril.statistics(days int default 7, zone text default 'UTC', at timestamptz default tendril.clock())
returns jsonb
language plpgsql
set search_path = ''
-- Who was active is known by taking the events of many one by one: better in memory than in files.
set work_mem = '64MB'
set jit = off
as $$
#variable_conflict use_column
declare
    today date := (statistics.at at time zone statistics.zone)::date;
    since timestamptz;
    active bigint;
    active_on jsonb;
begin
    if statistics.days is null or statistics.days not between 1 and 365 then
        raise exception 'statistics are of 1 to 365 days' using errcode = 'TN422', detail = 'days';
    end if;
    since := tendril.instant(today - (statistics.days - 1) + time '00:00', statistics.zone);
    with activity as materialized (
        select distinct (b.occurred_at at time zone statistics.zone)::date as day, b.user_id
        from tendril.behavior_events b
        where b.occurred_at >= since and b.occurred_at <= statistics.at and b.source <> 'clock'
    )
    select
        (select jsonb_object_agg(d.day, d.people) from (select a.day, count(*) as people from activity a group by 1) d),
        (select count(*) from (select a.user_id from activity a group by 1) u)
    into active_on, active;
    -- Not before: whoever folds keeps others from it until the end.
    perform tendril.fold_deliveries(at => statistics.at);
    return (
        with every_day as (
            select each.day::date as day
            from generate_series((today - (statistics.days - 1))::timestamp, today::timestamp, interval '1 day') as each (day)
        ), messages as materialized (
            select (q.quarter at time zone statistics.zone)::date as day, q.channel, sum(q.sent) as sent, sum(q.delivered) as delivered,
                sum(q.opened) as opened, sum(q.clicked) as clicked
            from tendril.delivery_quarters q
            where q.quarter >= since and q.quarter <= statistics.at and q.sent > 0
            group by 1, 2
        ), came as (
            select (u.created_at at time zone statistics.zone)::date as day, count(*) as people
            from tendril.users u
            where u.created_at >= since and u.created_at <= statistics.at and u.deleted_at is null
            group by 1
        ), went as (
            select (w.at at time zone statistics.zone)::date as day, count(distinct w.user_id) as people
            from (
                select c.user_id, c.unsubscribed_at as at from tendril.contact_points c where c.unsubscribed_at >= since
                union all
                select p.user_id, p.stopped_at from tendril.user_preferences p where p.stopped_at >= since
            ) w
            group by 1
        ), people as (
            select y.day, coalesce((active_on ->> y.day::text)::bigint, 0) as active, coalesce(came.people, 0) as new, coalesce(went.people, 0) as unsubscribed
            from every_day y
            left join came on came.day = y.day
            left join went on went.day = y.day
        )
        select jsonb_build_object(
            'days', (
                select jsonb_agg(jsonb_build_object('day', p.day, 'active', p.active, 'new', p.new, 'unsubscribed', p.unsubscribed, 'sent', (
                    select coalesce(jsonb_object_agg(m.channel, m.sent), '{}') from messages m where m.day = p.day))
                    order by p.day)
                from people p),
            'channels', (
                select coalesce(jsonb_object_agg(c.channel, jsonb_build_object(
                    'sent', c.sent, 'delivered', c.delivered, 'opened', c.opened, 'clicked', c.clicked)), '{}')
                from (
                    select m.channel, sum(m.sent) as sent, sum(m.delivered) as delivered, sum(m.opened) as opened, sum(m.clicked) as clicked
                    from messages m group by m.channel
                ) c),
            'active', active,
            'new', (select sum(p.new) from people p),
            'unsubscribed', (select sum(p.unsubscribed) from people p)));
end;
$$;
