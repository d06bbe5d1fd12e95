-- Says what time it is: the one clock that everything else asks. Inside a simulation, and only there, it is the simulated time.
create or replace function tendril.clock()
returns timestamptz
language sql stable
set search_path = ''
as $$
    select coalesce(
        nullif(current_setting('tendril.simulated_at', true), '')::timestamptz,
        now() + coalesce((select moved_by from tendril.clock), interval '0'));
$$;
