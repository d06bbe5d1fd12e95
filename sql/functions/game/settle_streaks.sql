-- Counts the streaks of these users, whom the caller has locked, up to yesterday on their calendar, and keeps that and the days that
-- freezes saved. Records what is news: milestones, a day that a freeze has just saved, a streak that was just lost.
create or replace function tendril.settle_streaks(users uuid[], at timestamptz default tendril.clock())
returns void
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    rules tendril.streak_rules := (select r from tendril.streak_rules r);
    news jsonb;
begin
    with counted as (
        select s as before, r.counted as now, r.frozen, u.timezone, t.today
        from tendril.streaks s
        join tendril.users u on u.id = s.user_id
        cross join lateral (select (settle_streaks.at at time zone u.timezone)::date as today) t
        cross join lateral tendril.recount_streak(s, rules, t.today) r
        where s.user_id = any (settle_streaks.users)
    ), stored as (
        update tendril.streaks s
        set days = (c.now).days, longest = (c.now).longest, freezes = (c.now).freezes, began = (c.now).began,
            last_day = (c.now).last_day, settled = (c.now).settled, lost_days = (c.now).lost_days, lost_on = (c.now).lost_on,
            due_at = case when (c.now).days > 0 then tendril.instant((c.now).settled + 2, c.timezone) end, is_stale = false
        from counted c where s.user_id = (c.before).user_id
    ), thawed as (
        delete from tendril.streak_days d using counted c
        where (c.before).is_stale and d.user_id = (c.before).user_id and d.kind = 'frozen' and d.day <> all (c.frozen)
    ), frozen as (
        insert into tendril.streak_days (user_id, day, kind)
        select (c.before).user_id, f.day, 'frozen' from counted c cross join unnest(c.frozen) as f (day)
        on conflict (user_id, day) do nothing
    ), told as (
        select (c.before).user_id, 'streak_milestone' as type, m.days::text as key, jsonb_build_object('days', m.days) as metadata
        from counted c cross join unnest(rules.milestones) as m (days)
        where m.days > (c.before).days and m.days <= (c.now).days
        union all
        select (c.before).user_id, 'streak_frozen', f.day::text, jsonb_build_object('days', (c.now).days, 'freezes', (c.now).freezes)
        from counted c cross join lateral (select max(f) as day from unnest(c.frozen) f) f
        where (c.now).days > 0 and f.day > c.today - 3
        union all
        select (c.before).user_id, 'streak_lost', (c.now).lost_on::text,
            jsonb_build_object('days', (c.now).lost_days, 'repair_until', p.until)
        from counted c
        cross join lateral (
            select tendril.instant((c.now).lost_on + 1, c.timezone) + make_interval(hours => rules.repair_hours) as until
            where (c.now).lost_on is distinct from (c.before).lost_on) p
        where p.until > settle_streaks.at
    )
    select jsonb_agg(jsonb_build_object(
        'event_id', concat_ws(':', t.type, t.key, t.user_id), 'user_id', t.user_id, 'type', t.type, 'source', 'clock', 'metadata', t.metadata))
    into news from told t
    -- What was so before the game began is no news.
    join counted c on (c.before).user_id = t.user_id and ((c.before).settled is not null or (c.before).due_at is null);
    if news is not null then
        perform tendril.record_behavior_events(news, settle_streaks.at);
    end if;
end;
$$;
