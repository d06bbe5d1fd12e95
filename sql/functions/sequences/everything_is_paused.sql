-- Says whether an admin holds everything that would be sent; changes nothing.
create or replace function tendril.everything_is_paused()
returns boolean
language sql stable
set search_path = ''
as $$
    select exists (select from tendril.service_pauses);
$$;
