-- Gives a user these roles (owner, admin, viewer) in place of those they had, and writes it into the audit log.
create or replace function tendril.set_roles(user_id uuid, roles text[], actor text, at timestamptz default tendril.clock())
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
begin
    if not set_roles.roles <@ array['owner', 'admin', 'viewer'] then
        raise exception 'there is no such role' using errcode = 'TN422', detail = 'roles', hint = 'Use owner, admin or viewer.';
    end if;
    update tendril.users u set roles = set_roles.roles where u.id = set_roles.user_id and u.deleted_at is null;
    if not found then
        raise exception 'no user %', set_roles.user_id using errcode = 'TN404', detail = 'user';
    end if;
    perform tendril.record_audit(
        set_roles.actor, 'roles.set', set_roles.user_id::text, jsonb_build_object('roles', set_roles.roles), set_roles.at);
    return tendril.describe_person(set_roles.user_id, set_roles.at);
end;
$$;
