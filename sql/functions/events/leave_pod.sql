-- Takes a user out of a pod and off its meetings to come; what they attended stays.
create or replace function tendril.leave_pod(pod_id bigint, user_id uuid, at timestamptz default tendril.clock())
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    pod tendril.pods := tendril.lock_pod(leave_pod.pod_id);
    has_left boolean;
begin
    update tendril.pod_members m set left_at = leave_pod.at
    where m.pod_id = pod.id and m.user_id = leave_pod.user_id and m.left_at is null;
    has_left := found;
    if has_left then
        perform tendril.cancel_registration(e.id, leave_pod.user_id, 'pod', leave_pod.at)
        from tendril.events e where e.pod_id = pod.id and e.starts_at > leave_pod.at order by e.id;
        perform tendril.record_pod_event('pod_left', pod, leave_pod.user_id, leave_pod.at);
    end if;
    return jsonb_build_object('pod_id', pod.id, 'name', pod.name, 'changed', has_left);
end;
$$;
