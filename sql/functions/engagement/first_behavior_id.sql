-- Says the first id of the behavior events that are recorded in the month of a moment, UTC: an id is its month and a number.
create or replace function tendril.first_behavior_id(moment timestamptz)
returns bigint
language sql immutable
return ((extract(year from moment at time zone 'UTC') - 2000) * 12 + extract(month from moment at time zone 'UTC') - 1)::bigint * 1000000000000;
