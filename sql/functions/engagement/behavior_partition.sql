-- Says the name of the partition of a month, counted from January 2000, UTC.
create or replace function tendril.behavior_partition(month bigint)
returns text
language sql immutable
return 'behavior_events_' || 2000 + month / 12 || '_' || lpad((month % 12 + 1)::text, 2, '0');
