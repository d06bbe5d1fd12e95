-- Gives the instant of a local time in one time zone, or, where none is given, in each of them with its name; changes nothing.
create or replace function tendril.instants_of(local_time timestamp, zone text)
returns table (run_zone text, due_at timestamptz)
language sql stable
set search_path = ''
as $$
    select null::text, tendril.instant(instants_of.local_time, instants_of.zone) where instants_of.zone is not null
    union all
    select z.name, tendril.instant(instants_of.local_time, z.name) from tendril.time_zones z where instants_of.zone is null;
$$;
