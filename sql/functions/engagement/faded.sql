-- Gives what is left of 1 after this long, when it is halved every so many days; what lies ahead has not faded, and of
-- what never was there is nothing; changes nothing.
create or replace function tendril.faded(since timestamptz, at timestamptz, half_life float8)
returns float8
language sql immutable
-- of a null greatest() takes no notice, a difference does
return power(0.5::float8, date_part('epoch', greatest(at, since) - since) / 86400 / half_life);
