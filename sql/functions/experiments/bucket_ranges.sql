-- Gives the range of buckets that belongs to each place in a list of weights, of which a coverage takes the first part, as
-- GrowthBook's SDKs do; changes nothing.
create or replace function tendril.bucket_ranges(weights double precision[], coverage double precision default 1)
returns table (place int, range_from double precision, range_until double precision)
language sql immutable
set search_path = ''
as $$
    select w.place::int, w.before, w.before + bucket_ranges.coverage * w.weight
    from (
        select
            each.place, each.weight,
            coalesce(sum(each.weight) over (order by each.place rows between unbounded preceding and 1 preceding), 0) as before
        from unnest(bucket_ranges.weights) with ordinality as each (weight, place)
    ) w;
$$;
