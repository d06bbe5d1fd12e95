-- Gives how active people are, as of their last behavior events and of the days counted so far; changes nothing.
create or replace function tendril.activity_metrics(days int default 30, at timestamptz default tendril.clock())
returns jsonb
language sql stable
set search_path = ''
as $$
    with today as (
        select (activity_metrics.at at time zone 'UTC')::date as day
    ), silent as (
        select
            case when u.last_active_at is null then null
                else greatest(floor(extract(epoch from activity_metrics.at - u.last_active_at) / 86400), 0)::int end as days, count(*) as people
        from tendril.users u where u.deleted_at is null group by 1
    )
    select jsonb_build_object(
        'days', activity_metrics.days,
        'counted_at', (select s.counted_at from tendril.activity_state s),
        'people', (select coalesce(sum(s.people), 0) from silent s),
        'active', (
            select jsonb_build_object(
                'daily', coalesce(sum(s.people) filter (where s.days < 1), 0), 'weekly', coalesce(sum(s.people) filter (where s.days < 7), 0),
                'monthly', coalesce(sum(s.people) filter (where s.days < 30), 0))
            from silent s),
        'by_day', (
            select jsonb_agg(jsonb_build_object('day', d.day, 'people', coalesce(a.people, 0), 'events', coalesce(a.events, 0)) order by d.day)
            from today t cross join lateral (select t.day - n as day from generate_series(0, activity_metrics.days - 1) n) d
            left join tendril.activity_days a on a.day = d.day and a.type = ''),
        'by_type', (
            select coalesce(jsonb_agg(jsonb_build_object('type', k.type, 'events', k.events) order by k.events desc, k.type), '[]')
            from (
                select a.type, sum(a.events) as events from today t join tendril.activity_days a on a.day > t.day - activity_metrics.days
                where a.day <= t.day and a.type <> '' group by 1 order by 2 desc, 1 limit 200) k),
        'activation', (
            select jsonb_agg(jsonb_build_object(
                'after_days', w.span, 'signed_up', c.people, 'came_back', c.back,
                'share', round(c.back::numeric / nullif(c.people, 0), 4)) order by w.span)
            from today t cross join (values (7), (30)) as w (span)
            cross join lateral (
                select coalesce(sum(a.people), 0) as people, coalesce(sum(case w.span when 7 then a.within_7 else a.within_30 end), 0) as back
                from tendril.activation_days a
                where a.signed_up_on < t.day - w.span and a.signed_up_on >= t.day - w.span - activity_metrics.days
                    and (w.span = 7 or a.within_30 is not null)) c),
        'days_since_active', (
            select jsonb_agg(jsonb_build_object('least', b.least, 'most', b.most, 'people', (
                select coalesce(sum(s.people), 0) from silent s
                where case when b.least is null then s.days is null else s.days between b.least and coalesce(b.most, 2147483647) end)) order by b.least)
            from (values (0, 0), (1, 2), (3, 6), (7, 13), (14, 29), (30, 89), (90, null), (null, null)) as b (least, most)));
$$;
