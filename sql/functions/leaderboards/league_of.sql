-- Shows the league of a user: its tier, who is in it, how many go up and down when it ends, and how their last one ended. Until it
-- is closed for everybody in it, it is last week's; without XP this week they are in none, and the tier is that of their next.
-- Changes nothing.
create or replace function tendril.league_of(user_id uuid, at timestamptz default tendril.clock())
returns jsonb
language plpgsql stable
set search_path = ''
as $$
#variable_conflict use_column
declare
    person tendril.users;
    monday date;
    mine record;
    last record;
begin
    select u.* into person from tendril.users u where u.id = league_of.user_id and u.deleted_at is null;
    if not found then
        raise exception 'no user %', league_of.user_id using errcode = 'TN404', detail = 'user';
    end if;
    monday := tendril.board_day('weekly', person.timezone, league_of.at);
    select l.id, l.tier, l.week, l.closes_at into mine
    from tendril.league_members m join tendril.leagues l on l.id = m.league_id
    where m.user_id = league_of.user_id and (m.week = monday or m.result is null) order by m.week desc limit 1;
    monday := coalesce(mine.week, monday);
    select l.tier, m.week, m.place, m.xp, m.result, (
        select count(*) from tendril.league_members o where o.league_id = l.id) as people
    into last
    from tendril.league_members m join tendril.leagues l on l.id = m.league_id
    where m.user_id = league_of.user_id and m.result is not null order by m.week desc limit 1;
    return (
        with ranked as (
            select t.*, tendril.called(u) as name, tendril.league_result(t.tier, t.people, t.place) as result
            from tendril.league_table(array[mine.id]) t join tendril.users u on u.id = t.user_id
        )
        select jsonb_build_object(
            'league', coalesce(mine.tier, next.tier),
            'name', tendril.league_name(coalesce(mine.tier, next.tier), person.locale),
            'week', monday, 'ends_at', tendril.instant(monday + 7, person.timezone), 'closes_at', mine.closes_at,
            'place', (select r.place from ranked r where r.user_id = person.id),
            'people', count(r.user_id), 'promoted', moves.promoted, 'relegated', moves.relegated,
            'items', coalesce(jsonb_agg(jsonb_build_object(
                'rank', r.place, 'user_id', r.user_id, 'name', r.name, 'xp', r.xp, 'result', r.result)
                order by r.place, r.user_id) filter (where r.user_id is not null), '[]'),
            'last', case when last.tier is not null then jsonb_build_object(
                'league', last.tier, 'name', tendril.league_name(last.tier, person.locale), 'week', last.week, 'place', last.place,
                'people', last.people, 'xp', last.xp, 'result', last.result) end)
        from (select tendril.next_tier(person.id) as tier) next
        cross join lateral tendril.league_moves(coalesce(mine.tier, next.tier), (select count(*)::int from ranked)) moves
        left join ranked r on true
        group by next.tier, moves.promoted, moves.relegated);
end;
$$;
