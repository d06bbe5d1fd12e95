-- Says whether a time of day is in the quiet hours, which may go past midnight; changes nothing.
create or replace function tendril.is_quiet(moment time, quiet_from time, quiet_until time)
returns boolean
language sql immutable
return case when quiet_from <= quiet_until then moment >= quiet_from and moment < quiet_until else moment >= quiet_from or moment < quiet_until end;
