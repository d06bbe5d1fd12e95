-- Gives the half-hour of a moment on the clock of a zone as the bit that stands for it, the one after midnight being the lowest;
-- changes nothing.
create or replace function tendril.half_hour(moment timestamptz, zone text)
returns bigint
language sql stable
set search_path = ''
as $$
    select 1::bigint << (extract(hour from half_hour.moment at time zone half_hour.zone)::int * 2
        + extract(minute from half_hour.moment at time zone half_hour.zone)::int / 30);
$$;
