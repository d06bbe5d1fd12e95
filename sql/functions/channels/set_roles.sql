-- Gives a user these roles (owner, admin, viewer) in place of those they had, and writes it into the audit log. Of people in
-- Telegram only an owner may, and somebody always stays owner. Roles that they have already change nothing.
create or replace function tendril.set_roles(user_id uuid, roles text[], actor text, at timestamptz default tendril.clock())
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    before text[];
begin
    if not set_roles.roles <@ array['owner', 'admin', 'viewer'] then
        raise exception 'there is no such role' using errcode = 'TN422', detail = 'roles', hint = 'Use owner, admin or viewer.';
    end if;
    -- All who have roles, so that two owners cannot take the role from one another in the same moment.
    perform from tendril.users u where u.roles <> '{}' or u.id = set_roles.user_id order by u.id for update;
    if set_roles.actor like 'telegram:%' and not exists (
        select from tendril.contact_points c join tendril.users u on u.id = c.user_id
        where c.channel = 'telegram' and c.address = substr(set_roles.actor, length('telegram:') + 1) and c.state <> 'unverified'
            and 'owner' = any (u.roles) and u.deleted_at is null)
    then
        raise exception 'only an owner grants roles' using errcode = 'TN409', detail = 'actor';
    end if;
    select u.roles into before from tendril.users u where u.id = set_roles.user_id and u.deleted_at is null;
    if not found then
        raise exception 'no user %', set_roles.user_id using errcode = 'TN404', detail = 'user';
    elsif 'owner' = any (before) and not 'owner' = any (set_roles.roles) and not exists (
        select from tendril.users u where 'owner' = any (u.roles) and u.id <> set_roles.user_id and u.deleted_at is null)
    then
        raise exception 'this is the last owner' using errcode = 'TN409', detail = 'roles', hint = 'Make somebody else an owner first.';
    elsif not (before <@ set_roles.roles and before @> set_roles.roles) then
        update tendril.users u set roles = set_roles.roles where u.id = set_roles.user_id;
        perform tendril.record_audit(set_roles.actor, 'roles.set', set_roles.user_id::text,
            jsonb_build_object('roles', set_roles.roles, 'before', before), set_roles.at);
    end if;
    return tendril.describe_person(set_roles.user_id, set_roles.at);
end;
$$;
