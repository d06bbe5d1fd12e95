-- What to call somebody: their names, else their username, else null; changes nothing.
create or replace function tendril.full_name(person tendril.users)
returns text
language sql stable
set search_path = ''
as $$
    select coalesce(nullif(btrim(concat_ws(' ', full_name.person.first_name, full_name.person.last_name)), ''), full_name.person.username);
$$;
