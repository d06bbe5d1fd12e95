-- Gives on how many days something was done in an hour of the day, out of user_scores.hours; changes nothing.
create or replace function tendril.hour_count(hours bigint[], hour int)
returns int
language sql immutable
-- in this form it becomes part of the query that uses it
return (hours[hour % 4 + 1] >> (8 * (hour / 4)) & 255)::int;
