-- Records what users did, each event once, enrolls them in the sequences that those events trigger, and notes which goals they meet.
create or replace function tendril.record_behavior_events(events jsonb, at timestamptz default tendril.clock())
returns jsonb
language plpgsql
set search_path = ''
set plan_cache_mode = 'force_generic_plan'
set random_page_cost = 1.1
-- Plans are made while the tables are still empty, and then kept.
set enable_seqscan = off
as $$
#variable_conflict use_column
declare
    fresh tendril.behavior_events[];
    types text[];
    followed record;
    enrolled int := 0;
begin
    -- Before the users are locked: an answer to a reminder changes deliveries, and whoever does locks those first.
    if record_behavior_events.events @? '$[*] ? (@.type == "meeting_accepted" || @.type == "meeting_declined")' then
        perform tendril.heed_answers(record_behavior_events.events, record_behavior_events.at);
    end if;
    if record_behavior_events.events @? '$[*] ? (@.type == "commitment_done" || @.type == "commitment_let_go")' then
        perform tendril.heed_commitment_answers(record_behavior_events.events, record_behavior_events.at);
    end if;
    if record_behavior_events.events @? '$[*] ? (@.type starts with "outreach_")' then
        perform tendril.heed_outreach_answers(record_behavior_events.events, record_behavior_events.at);
    end if;
    if record_behavior_events.events @? '$[*] ? (@.source == "telegram")' then
        perform tendril.note_engagement(record_behavior_events.events, record_behavior_events.at);
    end if;
    with given as (
        select distinct on (g.event_id) g.* from jsonb_to_recordset(record_behavior_events.events) as g (
            event_id text, user_id uuid, type text, source text, metadata jsonb, occurred_at timestamptz)
        order by g.event_id
    ), present as (
        -- Locked in the same order by everybody. Who is being merged into another user right now is waited for, and left out when
        -- they are gone. By an array, because a plan made for a small table would go on reading all of a large one.
        select u.id from tendril.users u where u.id = any (array(select g.user_id from given g)) order by u.id for no key update
    ), new as (
        insert into tendril.behavior_keys (event_id, behavior_event_id)
        select g.event_id, tendril.first_behavior_id(record_behavior_events.at) + nextval('tendril.behavior_event_ids')
        from given g join present u on u.id = g.user_id
        order by g.event_id
        on conflict (event_id) do nothing
        returning event_id, behavior_event_id
    ), stored as (
        insert into tendril.behavior_events as b (id, event_id, user_id, type, source, metadata, occurred_at, recorded_at)
        select n.behavior_event_id, g.event_id, g.user_id, g.type, coalesce(g.source, 'api'), coalesce(g.metadata, '{}'),
            coalesce(g.occurred_at, record_behavior_events.at), record_behavior_events.at
        from new n join given g on g.event_id = n.event_id
        returning b as event
    ), active as (
        update tendril.users u set last_active_at = greatest(u.last_active_at, s.latest)
        -- what the clock noticed or an admin wrote down is nothing that the user did
        from (
            select (s.event).user_id, max((s.event).occurred_at) as latest from stored s
            where (s.event).source not in ('clock', 'admin') group by 1
        ) s
        where u.id = s.user_id and u.id = any (array(select (s.event).user_id from stored s))
    )
    select array_agg(s.event) into fresh from stored s;
    if fresh is not null then
        perform tendril.roll_up_behavior(fresh);
        types := array(select distinct f.type from unnest(fresh) f);
        -- Most of what happens is asked for by few rules.
        select
            'xp_awarded' = any (types) or exists (select from tendril.xp_actions a where a.event_type = any (types)) as by_xp,
            exists (select from tendril.campaigns c where c.status <> 'draft' and c.goal ->> 'event' = any (types))
                or exists (select from tendril.experiments x where x.status <> 'draft' and x.goal ->> 'event' = any (types)) as by_conversions,
            exists (select from tendril.sequences s where s.trigger ->> 'event' = any (types))
                or exists (
                    select from tendril.campaigns c
                    where c.status = 'active' and c.kind = 'triggered' and c.schedule ->> 'event' = any (types)) as by_enrollments
        into followed;
        if followed.by_xp then
            perform tendril.award_events(fresh, record_behavior_events.at);
        end if;
        if followed.by_conversions then
            perform tendril.record_conversions(array(select f.id from unnest(fresh) f), record_behavior_events.at);
        end if;
        if followed.by_enrollments then
            enrolled := tendril.fire_triggers(fresh, record_behavior_events.at);
        end if;
    end if;
    return jsonb_build_object(
        'recorded', coalesce(cardinality(fresh), 0),
        'duplicates', jsonb_array_length(record_behavior_events.events) - coalesce(cardinality(fresh), 0),
        'enrolled', enrolled);
end;
$$;
