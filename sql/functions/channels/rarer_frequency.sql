-- Names the next frequency below what these limits allow in a week; null for the rarest; changes nothing.
create or replace function tendril.rarer_frequency(max_per_day int, max_per_week int)
returns text
language sql immutable
set search_path = ''
as $$
    select f.name from tendril.frequencies() f
    where f.allowance < least(rarer_frequency.max_per_day * 7, rarer_frequency.max_per_week)
    order by f.allowance desc limit 1;
$$;
