-- Notes on messages over Telegram that people showed in the chat that these had reached them: on the message that they answered,
-- tapped or reacted to, else on the last one of the day before. Says whose messages those were. Locks deliveries, so whoever locks
-- users calls this before.
create or replace function tendril.note_engagement(events jsonb, at timestamptz default tendril.clock())
returns uuid[]
language plpgsql
set search_path = ''
set plan_cache_mode = 'force_generic_plan'
set random_page_cost = 1.1
set enable_seqscan = off
as $$
#variable_conflict use_column
declare
    acts jsonb;
    engaged uuid[];
begin
    select jsonb_agg(jsonb_build_object(
        'delivery_id', m.delivery_id, 'event_id', 'behavior:' || m.event_id, 'type', m.type, 'occurred_at', m.occurred_at))
    into acts
    from (
        select g.event_id, g.type, coalesce(g.occurred_at, note_engagement.at) as occurred_at, (
            select d.id from tendril.message_deliveries d
            where d.user_id = g.user_id and d.channel = 'telegram' and d.sent_at <= coalesce(g.occurred_at, note_engagement.at)
                and case
                    when g.metadata ? 'tracking_id' then d.tracking_id::text = g.metadata ->> 'tracking_id'
                    when g.metadata ? 'message_id' then d.provider_message_id = g.metadata ->> 'message_id'
                    else d.sent_at > coalesce(g.occurred_at, note_engagement.at) - interval '24 hours'
                end
            order by d.sent_at desc, d.id desc limit 1) as delivery_id
        from jsonb_to_recordset(note_engagement.events) as g (
            event_id text, user_id uuid, type text, source text, metadata jsonb, occurred_at timestamptz)
        -- whom we cannot reach any more was not reached; opens and clicks know their message
        where g.source = 'telegram' and g.type not in ('bot_blocked', 'bot_unblocked', 'message_opened', 'message_clicked')
    ) m
    where m.delivery_id is not null;
    if acts is null then
        return null;
    end if;
    perform from tendril.message_deliveries d
    where d.id in (select (a.value ->> 'delivery_id')::bigint from jsonb_array_elements(acts) a)
    order by d.id for no key update;
    with act as (
        -- the first of each message is enough
        select distinct on (a.delivery_id) a.*
        from jsonb_to_recordset(acts) as a (delivery_id bigint, event_id text, type text, occurred_at timestamptz)
        join tendril.message_deliveries d on d.id = a.delivery_id and (d.engaged_at is null or d.engaged_at > a.occurred_at)
        order by a.delivery_id, a.occurred_at
    ), told as (
        insert into tendril.delivery_events (event_id, delivery_id, source, type, reason, actor, occurred_at, recorded_at)
        select a.event_id, a.delivery_id, 'telegram', 'engaged', a.type, 'human', a.occurred_at, note_engagement.at from act a
        on conflict (event_id) do nothing
        returning delivery_id, occurred_at
    ), noted as (
        update tendril.message_deliveries d set engaged_at = t.occurred_at from told t where d.id = t.delivery_id
        returning d.user_id
    )
    select array_agg(distinct n.user_id) into engaged from noted n;
    return engaged;
end;
$$;
