-- Says what time it is: the one clock that everything else asks.
create or replace function tendril.clock()
returns timestamptz
language sql stable
set search_path = ''
as $$
    select now() + coalesce((select moved_by from tendril.clock), interval '0');
$$;
