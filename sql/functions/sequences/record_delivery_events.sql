-- Records what providers and links tell of deliveries, each event once; the state of a delivery follows from the set of its
-- events, so neither their order nor their repetition matters. Suppresses addresses, falls back, and notes what users did: an open or
-- click that `may_be_machine` is judged by its time.
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
    by_people bigint[];
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
        select g.*, matched[g.place] as delivery_id, coalesce(g.occurred_at, record_delivery_events.at) as happened_at
        from rows from (jsonb_to_recordset(record_delivery_events.events) as (
            event_id text, source text, type text, occurred_at timestamptz, details jsonb, actor text, may_be_machine boolean, reason text))
            with ordinality as g (event_id, source, type, occurred_at, details, actor, may_be_machine, reason, place)
    ), doubted as (
        -- In the first seconds of a mail machines look at it: then nobody can say who opened it, and a click waits for what else
        -- they do, as it does in the first hour of one of which we have not heard that it arrived.
        select g.*, d.user_id,
            g.may_be_machine and g.type in ('opened', 'clicked') and coalesce(g.actor, 'human') = 'human' and d.channel = 'email'
                and g.happened_at < interval '10 seconds'
                    + coalesce(case g.type when 'clicked' then coalesce(d.delivered_at, d.sent_at + interval '1 hour') else d.sent_at end, 'infinity')
                as is_early
        from given g left join tendril.message_deliveries d on d.id = g.delivery_id
    ), stored as (
        insert into tendril.delivery_events (
            event_id, delivery_id, source, type, reason, actor, judge_at, details, occurred_at, recorded_at)
        select g.event_id, g.delivery_id, g.source, g.type, g.reason,
            case when g.is_early then 'unknown' when g.type in ('opened', 'clicked', 'trapped') then coalesce(g.actor, 'human') end,
            case when g.is_early and g.type = 'clicked' then record_delivery_events.at + interval '30 seconds' end,
            -- a mail that we do not know may be of somebody who had themselves deleted
            case when g.delivery_id is null and g.type <> 'other' then coalesce(g.details, '{}') - array['address', 'raw']
                else coalesce(g.details, '{}') end,
            g.happened_at, record_delivery_events.at
        from doubted g
        order by g.event_id
        on conflict (event_id) do nothing
        returning id, event_id, type, actor
    ), told as (
        select g.event_id, s.id, g.delivery_id, g.user_id, g.type, s.actor
        from doubted g left join stored s on s.event_id = g.event_id
    )
    select
        array_agg(t.event_id),
        array_agg(case
            when t.id is null then 'duplicate'
            when t.type = 'other' then 'stored'
            when t.delivery_id is null then 'unmatched'
            else 'applied'
        end),
        array_agg(t.delivery_id),
        array_agg(t.user_id),
        array_agg(distinct t.delivery_id) filter (where t.id is not null and t.delivery_id is not null),
        jsonb_object_agg(t.event_id, t.delivery_id) filter (
            where t.id is not null and t.type in ('bounced', 'complained', 'suppressed', 'soft_bounce')),
        array_agg(t.id) filter (where t.delivery_id is not null and t.type in ('opened', 'clicked') and t.actor = 'human')
    into ids, verdicts, matched, users, touched, warnings, by_people
    from told t;

    if touched is not null then
        if exists (select from tendril.delivery_events v where v.delivery_id = any (touched) and v.type = 'trapped') then
            by_people := by_people || tendril.judge_clicks(touched, record_delivery_events.at);
            fallen := tendril.settle_events(touched, warnings, record_delivery_events.at);
            perform tendril.attribute_again(touched, record_delivery_events.at);
        else
            fallen := tendril.settle_events(touched, warnings, record_delivery_events.at);
        end if;
    end if;
    if by_people is not null then
        perform tendril.note_reactions(by_people, record_delivery_events.at);
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
