-- Records that a user joined or left a pod.
create or replace function tendril.record_pod_event(type text, pod tendril.pods, user_id uuid, at timestamptz default tendril.clock())
returns void
language sql
set search_path = ''
as $$
    select tendril.record_behavior_events(jsonb_build_array(jsonb_build_object(
        'event_id', concat_ws(':', record_pod_event.type, (record_pod_event.pod).id, record_pod_event.user_id, extract(epoch from record_pod_event.at)),
        'user_id', record_pod_event.user_id, 'type', record_pod_event.type, 'source', 'telegram',
        'metadata', jsonb_build_object('pod_id', (record_pod_event.pod).id, 'pod', (record_pod_event.pod).name))), record_pod_event.at);
$$;
