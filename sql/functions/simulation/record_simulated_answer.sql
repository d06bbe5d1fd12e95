-- Records in a simulation that somebody clicked in a message.
create or replace function tendril.record_simulated_answer(delivery_id bigint, at timestamptz default tendril.clock())
returns void
language sql
set search_path = ''
as $$
    select tendril.record_delivery_events(jsonb_build_array(jsonb_build_object(
        'event_id', 'simulated:clicked:' || d.tracking_id, 'source', 'link', 'type', 'clicked', 'tracking_id', d.tracking_id)),
        record_simulated_answer.at)
    from tendril.message_deliveries d where d.id = record_simulated_answer.delivery_id;
$$;
