-- Says which frequencies a user can choose by name, and how many messages each allows; changes nothing.
create or replace function tendril.frequencies()
returns table (name text, max_per_day int, max_per_week int, allowance int)
language sql immutable
set search_path = ''
as $$
    values ('normal', 3, null::int, 21), ('less', 1, null, 7), ('few', 1, 3, 3), ('rare', 1, 1, 1);
$$;
