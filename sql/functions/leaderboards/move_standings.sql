-- Adds to the standings of these users what their XP of a day has changed by. Whoever changes somebody's XP holds their row.
create or replace function tendril.move_standings(users uuid[], days date[], amounts int[], at timestamptz default tendril.clock())
returns void
language plpgsql
set search_path = ''
set plan_cache_mode = 'force_generic_plan'
set random_page_cost = 1.1
-- Plans are made while the tables are still empty, and then kept: each user is found by their key.
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
#variable_conflict use_column
declare
    oldest_day date := tendril.oldest_standing('daily', move_standings.at);
    oldest_week date := tendril.oldest_standing('weekly', move_standings.at);
begin
    -- Met row by row, whatever the plan: an update joined with the changes may read everybody's standings for them.
    insert into tendril.standings as s (user_id, period, since, xp, is_listed, awaits_league)
    select u.id, board.period, board.since, sum(c.amount)::int, l.is_listed, l.is_listed and board.period = 'weekly'
    from unnest(move_standings.users, move_standings.days, move_standings.amounts) as c (user_id, day, amount)
    -- those who are being deleted have nothing left to stand with
    join tendril.users u on u.id = c.user_id
    cross join lateral (
        select coalesce((select p.on_leaderboards from tendril.user_preferences p where p.user_id = u.id), true) as is_listed
    ) l
    cross join lateral (values
        ('daily', c.day), ('weekly', date_trunc('week', c.day)::date), ('all_time', '-infinity')
    ) as board (period, since)
    where board.period = 'all_time' or board.since >= case board.period when 'daily' then oldest_day else oldest_week end
    group by u.id, board.period, board.since, l.is_listed
    having sum(c.amount) <> 0
    order by 1, 2, 3
    on conflict (user_id, period, since) do update set xp = s.xp + excluded.xp;
end;
$$;
