-- Counts, for each variant of an experiment and for those held out (no variant), what came of its people, once from the assignment
-- and once from the exposure on; changes nothing.
create or replace function tendril.experiment_outcomes(experiment_id bigint, at timestamptz default tendril.clock())
returns table (
    variant text, counted_from text, people bigint, complete bigint, reached bigint, clicked bigint, total double precision,
    total_of_squares double precision, settled bigint, active bigint
)
language sql stable
set search_path = ''
as $$
    select
        o.variant, f.counted_from, count(*), count(*) filter (where o.is_complete), count(*) filter (where o.is_complete and o.is_reached),
        count(*) filter (where o.is_complete and o.is_clicked), coalesce(sum(o.value) filter (where o.is_complete), 0),
        coalesce(sum(o.value * o.value) filter (where o.is_complete), 0), count(*) filter (where o.is_settled),
        count(*) filter (where o.is_settled and o.is_active)
    from (values ('assignment'), ('exposure')) as f (counted_from)
    cross join lateral tendril.unit_outcomes(experiment_outcomes.experiment_id, f.counted_from, experiment_outcomes.at) o
    group by o.variant, f.counted_from;
$$;
