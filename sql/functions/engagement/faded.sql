-- Gives what is left of 1 after this long, when it is halved every so many days; what lies ahead has not faded, and of
-- what never was there is nothing; changes nothing.
create or replace function tendril.faded(since timestamptz, at timestamptz, half_life float8)
returns float8
language sql immutable
-- Of a null greatest() takes no notice, a difference does. A number too small to be one would be an error.
return case when date_part('epoch', at - since) / 86400 < 500 * half_life
    then power(0.5::float8, date_part('epoch', greatest(at, since) - since) / 86400 / half_life) else 0 * date_part('epoch', at - since) end;
