-- Gives how active people are, as of their last behavior events and of the days counted so far; changes nothing.
create or replace function tendril.activity_metrics(days int default 30, at timestamptz default tendril.clock())
returns jsonb
language sql stable
set search_path = ''
as $$
    with today as (
        select (activity_metrics.at at time zone 'UTC')::date as day
    ), silent as materialized (
        -- a count for each range reads nothing but an index
        select b.least, b.most, (
            select count(*) from tendril.users u
            where u.deleted_at is null and u.last_active_at <= case b.least when 0 then 'infinity' else activity_metrics.at - b.least * interval '24 hours' end
                and u.last_active_at > coalesce(activity_metrics.at - (b.most + 1) * interval '24 hours', '-infinity')) as people
        from (values (0, 0), (1, 2), (3, 6), (7, 13), (14, 29), (30, 89), (90, null)) as b (least, most)
        union all
        select null, null, (select count(*) from tendril.users u where u.deleted_at is null and u.last_active_at is null)
    )
    select jsonb_build_object(
        'days', activity_metrics.days,
        'counted_at', (select s.counted_at from tendril.activity_state s),
        'people', (select sum(s.people) from silent s),
        'active', (
            select jsonb_build_object(
                'daily', sum(s.people) filter (where s.most < 1), 'weekly', sum(s.people) filter (where s.most < 7),
                'monthly', sum(s.people) filter (where s.most < 30))
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
            select jsonb_agg(jsonb_build_object('least', s.least, 'most', s.most, 'people', s.people) order by s.least)
            from silent s));
$$;
