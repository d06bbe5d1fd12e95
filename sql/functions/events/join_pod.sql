-- Lets a user into the pod that an invitation leads to and registers them for its meetings; says joined, already, full,
-- expired or unknown. Of a user whose time zone nobody knows it is taken to be the pod's.
create or replace function tendril.join_pod(code text, user_id uuid, at timestamptz default tendril.clock())
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    pod tendril.pods;
    invitation jsonb;
    zone_is_assumed boolean;
begin
    select p.* into pod from tendril.pods p
    where p.invitation_code = join_pod.code and p.archived_at is null for no key update;
    invitation := tendril.describe_invitation(join_pod.code, join_pod.user_id, join_pod.at);
    if invitation ->> 'status' <> 'open' then
        return invitation;
    end if;
    insert into tendril.pod_members (pod_id, user_id, joined_at)
    values (pod.id, join_pod.user_id, join_pod.at)
    on conflict (pod_id, user_id) do update set joined_at = excluded.joined_at, left_at = null, role = 'member';
    zone_is_assumed := tendril.assume_time_zone(join_pod.user_id, pod.timezone, join_pod.at);
    perform tendril.register_for_event(e.id, join_pod.user_id, 'pod', join_pod.at)
    from tendril.events e
    where e.pod_id = pod.id and e.cancelled_at is null and e.starts_at > join_pod.at order by e.id;
    perform tendril.record_pod_event('pod_joined', pod, join_pod.user_id, join_pod.at);
    return jsonb_build_object(
        'status', 'joined', 'zone_is_assumed', zone_is_assumed, 'pod', tendril.describe_pod(pod.id, join_pod.user_id, join_pod.at));
end;
$$;
