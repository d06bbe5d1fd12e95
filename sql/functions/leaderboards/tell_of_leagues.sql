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
        'event_id', concat_ws(':', e.type, p.league_id, p.user_id), 'user_id', p.user_id, 'type', e.type, 'source', 'clock',
        'metadata', jsonb_build_object(
            'league', tendril.league_name(p.tier, p.locale), 'tier', p.tier, 'week', p.week, 'place', p.place, 'xp', p.xp,
            'people', p.people, 'result', p.result, 'next_league', tendril.league_name(p.next_tier, p.locale))))
    into events
    from (
        select t.league_id, t.tier, t.user_id, t.week, t.place, t.xp, t.people, m.result, tendril.next_tier(t.user_id) as next_tier, u.locale
        from tendril.league_table(tell_of_leagues.leagues) t
        join tendril.league_members m on m.user_id = t.user_id and m.week = t.week
        join tendril.users u on u.id = t.user_id
        where t.people > 1
    ) p
    cross join lateral unnest(array['league_ended']
        || case when p.result = 'promoted' then array['league_promoted'] else '{}' end
        || case when p.place = 1 then array['league_won'] else '{}' end) as e (type);
    if events is not null then
        perform tendril.record_behavior_events(events, tell_of_leagues.at);
    end if;
end;
$$;
