-- Finds a user by id, external id, Telegram id, email address or @username; changes nothing.
create or replace function tendril.find_user(reference text)
returns jsonb
language plpgsql stable
set search_path = ''
as $$
#variable_conflict use_column
declare
    wanted text := btrim(find_user.reference);
    found_id uuid;
begin
    if wanted ~* '^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$' then
        select u.id into found_id from tendril.users u where u.id = wanted::uuid and u.deleted_at is null;
    end if;
    if found_id is null then
        select u.id into found_id from tendril.users u where u.external_id = wanted and u.deleted_at is null;
    end if;
    if found_id is null then
        select c.user_id into found_id from tendril.contact_points c join tendril.users u on u.id = c.user_id and u.deleted_at is null
        where c.channel in ('telegram', 'email') and c.address = lower(wanted)
        order by c.state = 'unverified', c.id limit 1;
    end if;
    if found_id is null and wanted like '@_%' then
        select u.id into found_id from tendril.users u
        where lower(u.username) = lower(substr(wanted, 2)) and u.deleted_at is null order by u.last_active_at desc nulls last limit 1;
    end if;
    if found_id is null then
        raise exception 'no user "%"', wanted using errcode = 'TN404', detail = 'user',
            hint = 'Give a user id, an external id, a Telegram id, an email address or @username.';
    end if;
    return (select to_jsonb(u) from tendril.users u where u.id = found_id);
end;
$$;
