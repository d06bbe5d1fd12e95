-- Gives, for each of these users, the chance of each variant of an experiment that lets messages recover: the softmax of its score,
-- less for one that the user got lately (Yancey & Settles 2020); changes nothing.
create or replace function tendril.recovering_shares(experiment_id bigint, users uuid[], at timestamptz default tendril.clock())
returns table (user_id uuid, place int, share double precision)
language sql stable
set search_path = ''
as $$
    with tuned as (
        select
            (x.tuning ->> 'temperature')::double precision as temperature, (x.tuning ->> 'penalty')::double precision as penalty,
            (x.tuning ->> 'half_life')::double precision as half_life, (x.tuning ->> 'floor')::double precision as floor
        from tendril.experiments x where x.id = recovering_shares.experiment_id
    ), lately as (
        select e.user_id, e.variant, greatest(extract(epoch from recovering_shares.at - max(e.enrolled_at)) / 86400, 0) as days
        from tendril.enrollments e
        where e.experiment_id = recovering_shares.experiment_id and e.user_id = any (recovering_shares.users)
        group by e.user_id, e.variant
    ), scored as (
        select
            u.id as user_id, v.position, t.floor,
            (coalesce(v.score, 0) - coalesce(
                t.penalty * power(0.5::double precision, least(l.days / t.half_life, 1000)), 0)) / t.temperature as score
        from unnest(recovering_shares.users) as u (id)
        cross join tuned t
        join tendril.experiment_variants v on v.experiment_id = recovering_shares.experiment_id
        left join lately l on l.user_id = u.id and l.variant = v.name
    ), weighed as (
        -- the best score is taken off, so that no power overflows
        select s.user_id, s.position, s.floor, exp(greatest(s.score - max(s.score) over (partition by s.user_id), -700)) as weight from scored s
    )
    select
        w.user_id, w.position + 1,
        w.floor + (1 - w.floor * count(*) over same) * w.weight / sum(w.weight) over same
    from weighed w
    window same as (partition by w.user_id);
$$;
