-- Says what an invitation leads to and whether this user may follow it (open, already, full, expired, unknown); changes nothing.
create or replace function tendril.describe_invitation(code text, user_id uuid, at timestamptz default tendril.clock())
returns jsonb
language plpgsql stable
set search_path = ''
as $$
#variable_conflict use_column
declare
    pod tendril.pods;
begin
    select p.* into pod from tendril.pods p
    where p.invitation_code = describe_invitation.code and p.archived_at is null;
    if not found then
        return jsonb_build_object('status', 'unknown');
    end if;
    return jsonb_build_object(
        'status', case
            when exists (
                select from tendril.pod_members m
                where m.pod_id = pod.id and m.user_id = describe_invitation.user_id and m.left_at is null) then 'already'
            when pod.invitation_expires_at <= describe_invitation.at then 'expired'
            when (select count(*) from tendril.pod_members m where m.pod_id = pod.id and m.left_at is null) >= pod.capacity then 'full'
            else 'open'
        end,
        'pod', tendril.describe_pod(pod.id, describe_invitation.user_id, describe_invitation.at));
end;
$$;
