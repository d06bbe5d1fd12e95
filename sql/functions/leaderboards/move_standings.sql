-- Adds to the standings of these users what their XP of a day has changed by. Whoever changes somebody's XP holds their row.
create or replace function tendril.move_standings(users uuid[], days date[], amounts int[], at timestamptz default tendril.clock())
returns void
language plpgsql
set search_path = ''
set plan_cache_mode = 'force_generic_plan'
set random_page_cost = 1.1
-- Plans are made while the tables are still empty, and then kept: each standing is found by its key.
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
#variable_conflict use_column
declare
    missing tendril.standings[];
    oldest_day date := tendril.oldest_standing('daily', move_standings.at);
    oldest_week date := tendril.oldest_standing('weekly', move_standings.at);
begin
    with changed as (
        -- those who are being deleted have nothing left to stand with
        select u.id as user_id, c.day, c.amount, coalesce(p.on_leaderboards, true) as is_listed
        from unnest(move_standings.users, move_standings.days, move_standings.amounts) as c (user_id, day, amount)
        join tendril.users u on u.id = c.user_id
        left join tendril.user_preferences p on p.user_id = u.id
    ), moves as (
        select c.user_id, board.period, board.since, sum(c.amount)::int as xp, c.is_listed
        from changed c
        cross join lateral (values
            ('daily', c.day), ('weekly', date_trunc('week', c.day)::date), ('all_time', '-infinity')
        ) as board (period, since)
        where board.period = 'all_time' or board.since >= case board.period when 'daily' then oldest_day else oldest_week end
        group by c.user_id, board.period, board.since, c.is_listed
        having sum(c.amount) <> 0
        order by 1, 2, 3
    ), moved as (
        update tendril.standings s set xp = s.xp + m.xp
        from moves m
        where s.user_id = m.user_id and s.period = m.period and s.since = m.since
        returning s.user_id, s.period, s.since
    )
    select array_agg(row(m.user_id, m.period, m.since, m.xp, m.is_listed, m.is_listed and m.period = 'weekly')::tendril.standings)
    into missing
    from moves m where (m.user_id, m.period, m.since) not in (select d.user_id, d.period, d.since from moved d);
    if missing is not null then
        -- Whoever changes their XP holds their row, so nobody else adds them meanwhile.
        insert into tendril.standings select m.* from unnest(missing) m;
    end if;
end;
$$;
