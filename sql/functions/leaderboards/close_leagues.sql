-- Closes so many leagues whose week is over for all of their people: places, who goes up and down, and the behavior event
-- league_ended for everybody, also league_promoted and league_won where it is so. Once for each, however many processes ask; says
-- how many were closed.
create or replace function tendril.close_leagues(batch int default 50, at timestamptz default tendril.clock())
returns int
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    closed bigint[];
begin
    perform from tendril.league_state s for update skip locked;
    if not found then
        return 0;
    end if;
    with ended as (
        update tendril.leagues l set closed_at = close_leagues.at
        where l.id = any (array(
            select d.id from tendril.leagues d where d.closed_at is null and d.closes_at <= close_leagues.at
            order by d.closes_at, d.id limit close_leagues.batch))
        returning l.id
    )
    select coalesce(array_agg(e.id), '{}') into closed from ended e;
    if cardinality(closed) = 0 then
        return 0;
    end if;
    update tendril.league_members m
    set place = f.place, xp = f.xp, result = tendril.league_result(f.tier, f.people, f.place)
    from (
        select r.user_id, r.week, r.tier, r.xp, r.place, r.people from tendril.league_table(closed) r
    ) f
    where m.user_id = f.user_id and m.week = f.week;
    -- those who waited for this end
    update tendril.standings s set awaits_league = true
    from tendril.league_members m
    where m.league_id = any (closed) and s.user_id = m.user_id and s.period = 'weekly' and s.since > m.week and s.is_listed
        and not exists (select from tendril.league_members later where later.user_id = m.user_id and later.week = s.since);
    perform tendril.tell_of_leagues(closed, close_leagues.at);
    return cardinality(closed);
end;
$$;
