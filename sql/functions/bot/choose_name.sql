-- Calls a user by the name that they chose, whatever their account says; gives the name.
create or replace function tendril.choose_name(user_id uuid, name text)
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    chosen text := regexp_replace(btrim(choose_name.name), '\s+', ' ', 'g');
begin
    if length(chosen) not between 1 and 64 then
        raise exception 'a name has 1 to 64 letters' using errcode = 'TN422', detail = 'name';
    end if;
    update tendril.users u set first_name = chosen, chosen_name = chosen where u.id = choose_name.user_id and u.deleted_at is null;
    if not found then
        raise exception 'no user %', choose_name.user_id using errcode = 'TN404', detail = 'user';
    end if;
    return jsonb_build_object('first_name', chosen);
end;
$$;
