-- Records for everybody in these closed leagues how they ended, as behavior events; who was alone in one played against nobody.
create or replace function tendril.tell_of_leagues(leagues bigint[], at timestamptz default tendril.clock())
returns void
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    events jsonb;
begin
    select jsonb_agg(jsonb_build_object(
        'event_id', concat_ws(':', e.type, l.id, m.user_id), 'user_id', m.user_id, 'type', e.type, 'source', 'clock',
        'metadata', jsonb_build_object(
            'league', tendril.league_name(l.tier, u.locale), 'tier', l.tier, 'week', l.week, 'place', m.place, 'xp', m.xp,
            'people', o.people, 'result', m.result,
            'next_league', tendril.league_name(tendril.next_tier(m.user_id), u.locale))))
    into events
    from tendril.leagues l
    join tendril.league_members m on m.league_id = l.id
    join tendril.users u on u.id = m.user_id
    cross join lateral (select count(*) as people from tendril.league_members o where o.league_id = l.id) o
    cross join lateral unnest(array['league_ended']
        || case when m.result = 'promoted' then array['league_promoted'] else '{}' end
        || case when m.place = 1 then array['league_won'] else '{}' end) as e (type)
    where l.id = any (tell_of_leagues.leagues) and o.people > 1;
    if events is not null then
        perform tendril.record_behavior_events(events, tell_of_leagues.at);
    end if;
end;
$$;
