-- Gives a pod's invitation code, a new one where the old has expired or a fresh one is wanted; a fresh one ends the old.
create or replace function tendril.invite_to_pod(pod_id bigint, fresh boolean default false, at timestamptz default tendril.clock())
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    pod tendril.pods := tendril.lock_pod(invite_to_pod.pod_id);
begin
    if invite_to_pod.fresh or pod.invitation_expires_at <= invite_to_pod.at then
        update tendril.pods p
        set invitation_code = tendril.invitation_code(), invitation_expires_at = invite_to_pod.at + interval '30 days'
        where p.id = pod.id
        returning p.* into pod;
    end if;
    return jsonb_build_object(
        'pod_id', pod.id, 'name', pod.name, 'code', pod.invitation_code, 'expires_at', pod.invitation_expires_at, 'timezone', pod.timezone);
end;
$$;
