-- Notes as behavior events which of these opens and clicks people made, and learns from them which channel somebody answers.
create or replace function tendril.note_reactions(delivery_events bigint[], at timestamptz default tendril.clock())
returns void
language plpgsql
set search_path = ''
set plan_cache_mode = 'force_generic_plan'
set random_page_cost = 1.1
set enable_seqscan = off
as $$
#variable_conflict use_column
declare
    behavior jsonb;
    users uuid[];
begin
    select
        jsonb_agg(jsonb_build_object(
            'event_id', 'delivery:' || v.event_id, 'user_id', d.user_id, 'type', 'message_' || v.type, 'source', d.channel,
            'occurred_at', v.occurred_at,
            'metadata', jsonb_strip_nulls(jsonb_build_object(
                'delivery_id', d.id, 'sequence', d.sequence_type, 'step', d.message_step, 'url', v.details ->> 'url')))),
        array_agg(distinct d.user_id)
    into behavior, users
    from tendril.delivery_events v join tendril.message_deliveries d on d.id = v.delivery_id
    where v.id = any (note_reactions.delivery_events) and v.type in ('opened', 'clicked') and v.actor = 'human';
    if behavior is null then
        return;
    end if;
    perform tendril.record_behavior_events(behavior, note_reactions.at);
    update tendril.user_preferences p
    set learned_channel = learned.channel
    from (select u.id, tendril.learned_channel(u.id, note_reactions.at) as channel from unnest(users) as u (id)) learned
    where p.user_id = learned.id and p.user_id = any (users) and p.learned_channel is distinct from learned.channel;
end;
$$;
