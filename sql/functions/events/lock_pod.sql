-- Locks a pod that is not archived, so that places in it are given one by one, and gives it.
create or replace function tendril.lock_pod(pod_id bigint)
returns tendril.pods
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    locked tendril.pods;
begin
    select p.* into locked from tendril.pods p where p.id = lock_pod.pod_id and p.archived_at is null for no key update;
    if not found then
        raise exception 'no pod %', lock_pod.pod_id using errcode = 'TN404', detail = 'pod_id';
    end if;
    return locked;
end;
$$;
