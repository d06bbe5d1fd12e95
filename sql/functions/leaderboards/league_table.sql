-- Ranks the people of leagues by what they have earned in the league's week; places are shared by those with as many XP. Changes
-- nothing.
create or replace function tendril.league_table(leagues bigint[])
returns table (league_id bigint, week date, tier int, user_id uuid, xp int, place int, people int)
language sql stable
set search_path = ''
as $$
    select m.league_id, m.week, l.tier, m.user_id, e.xp,
        rank() over (partition by m.league_id order by e.xp desc)::int, count(*) over (partition by m.league_id)::int
    from tendril.league_members m
    join tendril.leagues l on l.id = m.league_id
    left join tendril.standings s on s.user_id = m.user_id and s.period = 'weekly' and s.since = m.week
    cross join lateral (select coalesce(m.xp, s.xp, 0) as xp) e
    where m.league_id = any (league_table.leagues);
$$;
