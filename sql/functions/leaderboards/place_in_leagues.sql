-- Puts those who earned their first XP of a week into leagues of their tier, into free places first; whose last league still lasts
-- waits until it is closed. Any number of processes may ask; one of them does it. Takes so many at most, and says how many it took.
create or replace function tendril.place_in_leagues(batch int default 1000, at timestamptz default tendril.clock())
returns int
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    taken int;
    joined uuid[];
begin
    perform from tendril.league_state s for update skip locked;
    if not found then
        return 0;
    end if;
    with arrived as (
        update tendril.standings s set awaits_league = false
        from tendril.users u
        where (s.user_id, s.period, s.since) in (
                select w.user_id, w.period, w.since from tendril.standings w
                where w.awaits_league order by w.since, w.user_id limit place_in_leagues.batch for update skip locked)
            and u.id = s.user_id
        returning s.user_id, s.since as week, s.xp, tendril.instant(s.since + 7, u.timezone) as ends_at, tendril.next_tier(s.user_id) as tier
    ), joining as (
        -- by the end of their week, so that those whose days are alike are in one league
        select a.*, row_number() over (partition by a.week, a.tier order by a.ends_at, a.user_id) as number
        from arrived a
        where a.tier is not null and a.xp > 0 and a.ends_at > place_in_leagues.at
    ), room as (
        select l.id, l.week, l.tier, 30 - l.places as free
        from tendril.leagues l
        where l.closed_at is null and l.places < 30 and (l.week, l.tier) in (select j.week, j.tier from joining j)
    ), made as (
        insert into tendril.leagues (week, tier, places, closes_at)
        select n.week, n.tier, 0, '-infinity'
        from (
            select j.week, j.tier, count(*) - coalesce((
                select sum(r.free) from room r where r.week = j.week and r.tier = j.tier), 0) as people
            from joining j group by j.week, j.tier
        ) n cross join generate_series(1, ceil(n.people / 30.0)::int)
        returning id, week, tier
    ), seats as (
        select o.id, o.week, o.tier, row_number() over (partition by o.week, o.tier order by o.id, seat) as number
        from (select r.id, r.week, r.tier, r.free from room r union all select m.id, m.week, m.tier, 30 from made m) o
        cross join generate_series(1, o.free) as seat
    ), placed as (
        insert into tendril.league_members (user_id, week, league_id, joined_at)
        select j.user_id, j.week, s.id, place_in_leagues.at
        from joining j join seats s on s.week = j.week and s.tier = j.tier and s.number = j.number
        on conflict (user_id, week) do nothing
        returning user_id
    )
    select (select count(*) from arrived), (select array_agg(p.user_id) from placed p) into taken, joined;

    update tendril.leagues l set places = l.places + m.people, closes_at = greatest(l.closes_at, m.closes_at)
    from (
        -- with an hour for what is told late
        select m.league_id, count(*) as people, max(tendril.instant(m.week + 7, u.timezone)) + interval '1 hour' as closes_at
        from tendril.league_members m join tendril.users u on u.id = m.user_id
        where m.user_id = any (joined) and m.joined_at = place_in_leagues.at and m.result is null
        group by m.league_id
    ) m
    where l.id = m.league_id;
    return taken;
end;
$$;
