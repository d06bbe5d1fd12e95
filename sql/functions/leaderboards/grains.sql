-- At which grains people on boards are counted: by every XP, by 64 and by 4096 of them, as bits to shift by; changes nothing.
create or replace function tendril.grains()
returns table (shift int)
language sql immutable
set search_path = ''
as $$
    values (0), (6), (12);
$$;
