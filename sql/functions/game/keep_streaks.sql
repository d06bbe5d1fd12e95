-- Notes that these users, whom the caller has locked, did on these days something that keeps a streak, so often and last then, and
-- settles the streaks that it changes. A day that just follows the last one needs no counting.
create or replace function tendril.keep_streaks(
    users uuid[], days date[], acts int[], latest timestamptz[], at timestamptz default tendril.clock()
)
returns void
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    counting uuid[];
begin
    with done as (
        select * from unnest(keep_streaks.users, keep_streaks.days, keep_streaks.acts, keep_streaks.latest) as d (user_id, day, acts, latest)
    ), active as (
        insert into tendril.streak_days as d (user_id, day, kind, acts)
        select d.user_id, d.day, 'active', d.acts from done d order by 1, 2
        on conflict (user_id, day) do update set kind = 'active', acts = d.acts + excluded.acts
        returning user_id, day, acts
    ), kept as (
        -- the days that were not active before
        select d.user_id, max(d.latest) as latest, min(d.day) filter (where a.acts = d.acts) as first_new,
            max(d.day) filter (where a.acts = d.acts) as last_new
        from done d join active a on a.user_id = d.user_id and a.day = d.day group by 1
    ), placed as (
        select k.*, u.timezone, (keep_streaks.at at time zone u.timezone)::date as today
        from kept k
        -- each by its key, whatever number of people the plan was made for
        cross join lateral (select w.timezone from tendril.users w where w.id = k.user_id offset 0) u
    ), midnights as (
        select z.timezone, tendril.instant(z.today + 2, z.timezone) as due_at
        from (select distinct p.timezone, p.today from placed p where p.first_new = p.today) z
    ), going_on as (
        update tendril.streaks s
        set days = s.days + 1, longest = greatest(s.longest, s.days + 1), began = case when s.days = 0 then p.today else s.began end,
            last_day = p.today, settled = p.today, due_at = m.due_at, last_act_at = greatest(s.last_act_at, p.latest)
        from placed p join midnights m on m.timezone = p.timezone cross join tendril.streak_rules r
        where s.user_id = p.user_id and s.user_id = any (keep_streaks.users) and not s.is_stale
            and p.first_new = p.today and p.last_new = p.today
            and (s.settled = p.today - 1 or s.days = 0 and s.settled < p.today) and s.days + 1 <> all (r.milestones)
        returning s.user_id
    ), others as (
        select p.* from placed p where p.user_id not in (select g.user_id from going_on g)
    ), stored as (
        insert into tendril.streaks as s (user_id, freezes, settled, last_act_at, is_stale)
        select o.user_id, 0, o.first_new, o.latest, true from others o order by 1
        on conflict (user_id) do update
        set last_act_at = greatest(s.last_act_at, excluded.last_act_at),
            -- a day that was settled without it
            is_stale = s.is_stale or coalesce(excluded.settled <= s.settled, false)
    )
    select array_agg(o.user_id) into counting from others o where o.first_new is not null;
    if counting is not null then
        perform tendril.settle_streaks(counting, keep_streaks.at);
    end if;
end;
$$;
