-- Gives the time zones that have users; changes nothing.
create or replace function tendril.inhabited_zones()
returns setof text
language sql stable
set search_path = ''
as $$
    select z.name from tendril.time_zones z
    where exists (select from tendril.users u where u.timezone = z.name and u.deleted_at is null);
$$;
