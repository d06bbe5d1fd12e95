-- Records as a behavior event that somebody took a place in an event or gave it back; an answer to a reminder is one already.
create or replace function tendril.record_registration(
    event tendril.events, user_id uuid, type text, source text, at timestamptz default tendril.clock()
)
returns void
language sql
set search_path = ''
as $$
    select tendril.record_behavior_events(jsonb_build_array(jsonb_build_object(
        'event_id', concat_ws(':', record_registration.type, (record_registration.event).id, record_registration.user_id,
            extract(epoch from record_registration.at)),
        'user_id', record_registration.user_id, 'type', record_registration.type, 'source', record_registration.source,
        'metadata', jsonb_strip_nulls(jsonb_build_object(
            'event_id', (record_registration.event).id, 'kind', (record_registration.event).kind, 'title', (record_registration.event).title,
            'pod_id', (record_registration.event).pod_id)))), record_registration.at)
    where record_registration.source <> 'reminder';
$$;
