-- Notes as behavior events which of these opens and clicks people made.
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
begin
    select
        jsonb_agg(jsonb_build_object(
            'event_id', 'delivery:' || v.event_id, 'user_id', d.user_id, 'type', 'message_' || v.type, 'source', d.channel,
            'occurred_at', v.occurred_at,
            'metadata', jsonb_strip_nulls(jsonb_build_object(
                'delivery_id', d.id, 'sequence', d.sequence_type, 'step', d.message_step, 'url', v.details ->> 'url'))))
    into behavior
    from tendril.delivery_events v join tendril.message_deliveries d on d.id = v.delivery_id
    where v.id = any (note_reactions.delivery_events) and v.type in ('opened', 'clicked') and v.actor = 'human';
    if behavior is not null then
        perform tendril.record_behavior_events(behavior, note_reactions.at);
    end if;
end;
$$;
