-- Says which level so much XP is, by the XP of each level from the first on, 1 where there are none; changes nothing.
create or replace function tendril.level_at(xp int, steps int[])
returns int
language sql immutable
-- in this form it becomes part of the query that uses it
return greatest(width_bucket(xp, steps), 1);
