-- Gives n ln n, which is 0 where n is: what entropies are sums of; changes nothing.
create or replace function tendril.times_logarithm(n float8)
returns float8
language sql immutable parallel safe
-- in this form it becomes part of the query that uses it
return case when n > 0 then n * ln(n) else 0 end;
