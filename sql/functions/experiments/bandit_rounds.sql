-- Sums, for each variant of a bandit, the rewards of the complete runs that got it and of those that got another, each weighted by
-- one over the chance of what was drawn; changes nothing.
create or replace function tendril.bandit_rounds(experiment_id bigint, at timestamptz default tendril.clock())
returns table (
    variant text, is_chosen boolean, weight double precision, weight_squared double precision, total double precision,
    total_of_squares double precision
)
language sql stable
set search_path = ''
as $$
    select v.name, o.variant = v.name, sum(w.weight), sum(w.weight * w.weight), sum(w.weight * r.reward), sum(w.weight * r.reward * r.reward)
    from tendril.experiments x
    join tendril.experiment_variants v on v.experiment_id = x.id
    join tendril.unit_outcomes(x.id, 'assignment', bandit_rounds.at) o on o.is_complete and o.chances is not null
    cross join lateral (select case when x.goal ? 'value' then o.value else o.is_reached::int end as reward) r
    cross join lateral (
        select 1 / greatest(case when o.variant = v.name then o.chances[v.position + 1] else 1 - o.chances[v.position + 1] end, 1e-6) as weight
    ) w
    where x.id = bandit_rounds.experiment_id
    group by v.position, v.name, o.variant = v.name;
$$;
