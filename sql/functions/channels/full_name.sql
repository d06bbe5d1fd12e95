-- How admins see somebody: by their names, else by what they want to be called, else by their username; null if there is nothing.
-- Changes nothing.
create or replace function tendril.full_name(person tendril.users)
returns text
language sql stable
set search_path = ''
as $$
    select coalesce(nullif(btrim(concat_ws(' ', full_name.person.first_name, full_name.person.last_name)), ''),
        full_name.person.chosen_name, full_name.person.username);
$$;
