-- Ends a pod: its members are told, its meetings to come are cancelled and its invitation no longer works; what was attended
-- stays.
create or replace function tendril.archive_pod(pod_id bigint, at timestamptz default tendril.clock())
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    pod tendril.pods := tendril.lock_pod(archive_pod.pod_id);
begin
    update tendril.pods p set archived_at = archive_pod.at where p.id = pod.id;
    -- once, about the next meeting, also those who would not have come to it
    perform tendril.tell_of_event(array(
        select r.id from tendril.event_registrations r
        join tendril.pod_members m on m.pod_id = pod.id and m.user_id = r.user_id and m.left_at is null
        where r.event_id = (
            select e.id from tendril.events e
            where e.pod_id = pod.id and e.starts_at > archive_pod.at and e.cancelled_at is null order by e.starts_at limit 1)
    ), 'ended', archive_pod.at);
    perform tendril.cancel_event(e.id, true, archive_pod.at)
    from tendril.events e where e.pod_id = pod.id and e.starts_at > archive_pod.at and e.cancelled_at is null order by e.id;
    return jsonb_build_object('pod_id', pod.id, 'name', pod.name);
end;
$$;
