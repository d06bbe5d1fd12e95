-- Records what providers and links tell of deliveries, each event once; the state of a delivery follows from the set of its
-- events, so neither their order nor their repetition matters. Suppresses addresses, falls back, and notes what users did.
create or replace function tendril.record_delivery_events(events jsonb, at timestamptz default tendril.clock())
returns table (event_id text, verdict text, delivery_id bigint, user_id uuid, fell_back_to text)
language plpgsql
set search_path = ''
set plan_cache_mode = 'force_generic_plan'
set random_page_cost = 1.1
as $$
#variable_conflict use_column
declare
    fresh jsonb;
    touched bigint[];
    fallen bigint[] := '{}';
    behavior jsonb;
begin
    with given as (
        select distinct on (g.event_id) g.* from jsonb_to_recordset(record_delivery_events.events) as g (
            event_id text, source text, type text, tracking_id uuid, provider_message_id text, occurred_at timestamptz,
            details jsonb, is_machine boolean, reason text)
        order by g.event_id
    ), matched as (
        select g.*, coalesce(
            (select d.id from tendril.message_deliveries d where d.tracking_id = g.tracking_id),
            (select d.id from tendril.message_deliveries d
             where d.provider_message_id = g.provider_message_id and d.channel = 'email' order by d.id limit 1)) as delivery_id
        from given g
    ), stored as (
        insert into tendril.delivery_events (event_id, delivery_id, source, type, reason, is_machine, details, occurred_at, recorded_at)
        select m.event_id, m.delivery_id, m.source, m.type, m.reason, coalesce(m.is_machine, false), coalesce(m.details, '{}'),
            coalesce(m.occurred_at, record_delivery_events.at), record_delivery_events.at
        from matched m
        order by m.event_id
        on conflict (event_id) do nothing
        returning *
    )
    select coalesce(jsonb_object_agg(s.event_id, s.delivery_id), '{}'), coalesce(array_agg(distinct s.delivery_id) filter (where s.delivery_id is not null), '{}')
    into fresh, touched from stored s;

    if cardinality(touched) > 0 then
        fallen := tendril.settle_events(touched, fresh, record_delivery_events.at);
        select jsonb_agg(jsonb_build_object(
            'event_id', 'delivery:' || v.event_id, 'user_id', d.user_id, 'type', 'message_' || v.type, 'source', d.channel,
            'occurred_at', v.occurred_at,
            'metadata', jsonb_strip_nulls(jsonb_build_object('delivery_id', d.id, 'sequence', d.sequence_type, 'step', d.message_step, 'url', v.details ->> 'url'))))
        into behavior
        from tendril.delivery_events v join tendril.message_deliveries d on d.id = v.delivery_id
        where v.delivery_id = any (touched) and fresh ? v.event_id and v.type in ('opened', 'clicked') and not v.is_machine;
        if behavior is not null then
            perform tendril.record_behavior_events(behavior, record_delivery_events.at);
            update tendril.user_preferences p
            set learned_channel = tendril.learned_channel(p.user_id, record_delivery_events.at)
            where p.user_id in (select (b.value ->> 'user_id')::uuid from jsonb_array_elements(behavior) b);
        end if;
    end if;
    return query
    select
        g.event_id,
        case
            when not fresh ? g.event_id then 'duplicate'
            when g.type = 'other' then 'stored'
            when fresh ->> g.event_id is null then 'unmatched'
            else 'applied'
        end,
        d.id, d.user_id,
        -- told once, however many events came of the same delivery
        case when d.id = any (fallen) and row_number() over (partition by d.id, fresh ? g.event_id order by g.event_id) = 1 and fresh ? g.event_id then (
            select f.channel from tendril.message_deliveries f
            where f.enrollment_id = d.enrollment_id and f.message_step = d.message_step and f.fallback_of = d.id)
        end
    from jsonb_to_recordset(record_delivery_events.events) as g (event_id text, type text)
    left join tendril.delivery_events v on v.event_id = g.event_id
    left join tendril.message_deliveries d on d.id = v.delivery_id;
end;
$$;
