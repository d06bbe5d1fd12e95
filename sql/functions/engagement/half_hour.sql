-- Gives the half-hour of a moment on the clock of a zone as the bit that stands for it, the one after midnight being the lowest;
-- changes nothing.
create or replace function tendril.half_hour(moment timestamptz, zone text)
returns bigint
language sql stable
-- in this form it becomes part of the query that uses it
return 1::bigint << (extract(hour from moment at time zone zone)::int * 2 + extract(minute from moment at time zone zone)::int / 30);
