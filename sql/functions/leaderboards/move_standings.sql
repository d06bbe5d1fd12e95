-- Adds to the standings of these users what their XP of a day has changed by. Whoever changes somebody's XP holds their row.
create or replace function tendril.move_standings(users uuid[], days date[], amounts int[], at timestamptz default tendril.clock())
returns void
language plpgsql
set search_path = ''
set plan_cache_mode = 'force_generic_plan'
set random_page_cost = 1.1
-- Plans are made while the tables are still empty, and then kept.
set enable_seqscan = off
as $$
#variable_conflict use_column
declare
    oldest_day date := tendril.oldest_standing('daily', move_standings.at);
    oldest_week date := tendril.oldest_standing('weekly', move_standings.at);
begin
    with changed as (
        select c.user_id, board.period, board.since, sum(c.amount) as xp
        from unnest(move_standings.users, move_standings.days, move_standings.amounts) as c (user_id, day, amount)
        cross join lateral (values
            ('daily', c.day), ('weekly', date_trunc('week', c.day)::date), ('all_time', '-infinity')
        ) as board (period, since)
        where board.period = 'all_time' or board.since >= case board.period when 'daily' then oldest_day else oldest_week end
        group by 1, 2, 3
        having sum(c.amount) <> 0
    )
    insert into tendril.standings as s (user_id, period, since, xp, is_listed, awaits_league)
    select c.user_id, c.period, c.since, c.xp, p.on_leaderboards, p.on_leaderboards and c.period = 'weekly'
    from changed c
    -- those who are being deleted have nothing left to stand with
    join tendril.users u on u.id = c.user_id
    cross join lateral (select coalesce((
        select w.on_leaderboards from tendril.user_preferences w where w.user_id = c.user_id), true) as on_leaderboards) p
    order by 1, 2, 3
    on conflict (user_id, period, since) do update set xp = s.xp + excluded.xp;
end;
$$;
