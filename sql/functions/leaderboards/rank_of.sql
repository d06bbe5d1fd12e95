-- The rank that so many XP have on a board: one more than there are people with more; changes nothing.
create or replace function tendril.rank_of(period text, since date, xp int)
returns int
language plpgsql stable
set search_path = ''
set plan_cache_mode = 'force_generic_plan'
set random_page_cost = 1.1
-- Plans are made while the tables are still empty, and then kept.
set enable_seqscan = off
set enable_bitmapscan = off
as $$
#variable_conflict use_column
begin
    -- Whoever has more is in a higher bucket of the finest grain within the same bucket of the next, or of the next, or of the last.
    return (
        select 1 + sum(
            (select coalesce(sum(c.people), 0) from tendril.standing_counts c
                where c.period = rank_of.period and c.since = rank_of.since and c.shift = h.shift and c.bucket > h.above and c.bucket <= h.up_to)
            + (select coalesce(sum(c.people), 0) from tendril.standing_changes c
                where c.period = rank_of.period and c.since = rank_of.since and c.shift = h.shift and c.bucket > h.above and c.bucket <= h.up_to))
        from (values
            (0, rank_of.xp, rank_of.xp | 63), (6, rank_of.xp >> 6, rank_of.xp >> 6 | 63), (12, rank_of.xp >> 12, 2147483647)
        ) as h (shift, above, up_to));
end;
$$;
