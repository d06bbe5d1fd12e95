-- Records what providers and links tell of deliveries, each event once; the state of a delivery follows from the set of its
-- events, so neither their order nor their repetition matters. Suppresses addresses, falls back, and notes what users did.
create or replace function tendril.record_delivery_events(events jsonb, at timestamptz default tendril.clock())
returns table (event_id text, verdict text, delivery_id bigint, user_id uuid, fell_back_to text)
language plpgsql
set search_path = ''
set plan_cache_mode = 'force_generic_plan'
set random_page_cost = 1.1
-- Plans are made while the tables are still empty, and then kept.
set enable_seqscan = off
as $$
#variable_conflict use_column
declare
    matched bigint[];
    ids text[];
    verdicts text[];
    users uuid[];
    touched bigint[];
    warnings jsonb;
    behavior jsonb;
    fallen bigint[] := '{}';
begin
    select array_agg(coalesce(
        (select d.id from tendril.message_deliveries d where d.tracking_id = g.tracking_id),
        (select d.id from tendril.message_deliveries d
         where d.provider_message_id = g.provider_message_id and d.channel = 'email' order by d.id limit 1)) order by g.place)
    into matched
    from rows from (jsonb_to_recordset(record_delivery_events.events) as (tracking_id uuid, provider_message_id text))
        with ordinality as g (tracking_id, provider_message_id, place);

    -- Everybody takes these locks first and in the same order, and then sees what was told while they waited. Not the stronger
    -- `for update`: an event that is being inserted holds the key of its delivery.
    perform from tendril.message_deliveries d where d.id = any (matched) order by d.id for no key update;

    with given as (
        select g.*, matched[g.place] as delivery_id
        from rows from (jsonb_to_recordset(record_delivery_events.events) as (
            event_id text, source text, type text, occurred_at timestamptz, details jsonb, is_machine boolean, reason text))
            with ordinality as g (event_id, source, type, occurred_at, details, is_machine, reason, place)
    ), stored as (
        insert into tendril.delivery_events (event_id, delivery_id, source, type, reason, is_machine, details, occurred_at, recorded_at)
        select g.event_id, g.delivery_id, g.source, g.type, g.reason, coalesce(g.is_machine, false),
            -- a mail that we do not know may be of somebody who had themselves deleted
            case when g.delivery_id is null and g.type <> 'other' then coalesce(g.details, '{}') - array['address', 'raw']
                else coalesce(g.details, '{}') end,
            coalesce(g.occurred_at, record_delivery_events.at), record_delivery_events.at
        from given g
        order by g.event_id
        on conflict (event_id) do nothing
        returning event_id, type, is_machine, occurred_at, details ->> 'url' as url
    ), told as (
        select g.event_id, s.event_id is not null as is_fresh, g.delivery_id, g.type, s.is_machine, s.occurred_at, s.url,
            d.user_id, d.channel, d.sequence_type, d.message_step
        from given g
        left join stored s on s.event_id = g.event_id
        left join tendril.message_deliveries d on d.id = g.delivery_id
    )
    select
        array_agg(t.event_id),
        array_agg(case
            when not t.is_fresh then 'duplicate'
            when t.type = 'other' then 'stored'
            when t.delivery_id is null then 'unmatched'
            else 'applied'
        end),
        array_agg(t.delivery_id),
        array_agg(t.user_id),
        array_agg(distinct t.delivery_id) filter (where t.is_fresh and t.delivery_id is not null),
        jsonb_object_agg(t.event_id, t.delivery_id) filter (
            where t.is_fresh and t.type in ('bounced', 'complained', 'suppressed', 'soft_bounce')),
        jsonb_agg(jsonb_build_object(
            'event_id', 'delivery:' || t.event_id, 'user_id', t.user_id, 'type', 'message_' || t.type, 'source', t.channel,
            'occurred_at', t.occurred_at,
            'metadata', jsonb_strip_nulls(jsonb_build_object(
                'delivery_id', t.delivery_id, 'sequence', t.sequence_type, 'step', t.message_step, 'url', t.url))
        )) filter (where t.is_fresh and t.delivery_id is not null and t.type in ('opened', 'clicked') and not t.is_machine)
    into ids, verdicts, matched, users, touched, warnings, behavior
    from told t;

    if touched is not null then
        fallen := tendril.settle_events(touched, warnings, record_delivery_events.at);
    end if;
    if behavior is not null then
        perform tendril.record_behavior_events(behavior, record_delivery_events.at);
        update tendril.user_preferences p
        set learned_channel = tendril.learned_channel(p.user_id, record_delivery_events.at)
        where p.user_id in (select (b.value ->> 'user_id')::uuid from jsonb_array_elements(behavior) b);
    end if;
    return query
    select
        t.event_id, t.verdict, t.delivery_id, t.user_id,
        -- told once, however many events came of the same delivery
        case when t.delivery_id = any (fallen) and t.verdict <> 'duplicate'
            and row_number() over (partition by t.delivery_id, t.verdict order by t.event_id) = 1 then (
            select f.channel
            from tendril.message_deliveries d join tendril.message_deliveries f
                on f.enrollment_id = d.enrollment_id and f.message_step = d.message_step and f.fallback_of = d.id
            where d.id = t.delivery_id)
        end
    from unnest(ids, verdicts, matched, users) as t (event_id, verdict, delivery_id, user_id);
end;
$$;
