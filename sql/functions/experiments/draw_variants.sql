-- Draws the variant of an experiment that each of these users gets, where the experiment covers them: by hash, always the same in
-- fixed allocation, and anew for each run where a bandit allocates. Whoever had one keeps it in fixed allocation, whatever user they
-- have been merged into. Changes nothing.
create or replace function tendril.draw_variants(experiment_id bigint, users uuid[], key text, at timestamptz default tendril.clock())
returns table (user_id uuid, place int, is_kept boolean, chances double precision[])
language plpgsql stable
set search_path = ''
as $$
#variable_conflict use_column
declare
    x tendril.experiments;
    weights double precision[];
begin
    select * into x from tendril.experiments e where e.id = draw_variants.experiment_id;
    weights := array(
        select case when x.allocation = 'thompson' then coalesce(v.probability, v.weight) else v.weight end
        from tendril.experiment_variants v where v.experiment_id = x.id order by v.position);
    return query
    with kept as (
        select distinct on (e.user_id) e.user_id, v.position + 1 as place
        from tendril.enrollments e
        join tendril.experiment_variants v on v.experiment_id = x.id and v.name = e.variant
        where x.allocation = 'fixed' and e.experiment_id = x.id and e.user_id = any (draw_variants.users)
        order by e.user_id, e.enrolled_at, e.id
    ), drawn as materialized (
        select u.id as user_id, tendril.experiment_bucket(
            u.id::text, case when x.allocation = 'fixed' then x.seed else concat_ws(':', x.seed, draw_variants.key, extract(epoch from draw_variants.at)) end,
            x.hash_version) as bucket
        from unnest(draw_variants.users) as u (id)
        where not exists (select from kept k where k.user_id = u.id)
            and tendril.is_in_namespace(u.id::text, x.namespace, x.namespace_from, x.namespace_until)
    )
    select k.user_id, k.place, true, null::double precision[] from kept k
    union all
    select d.user_id, r.place, false, case when x.allocation <> 'fixed' then weights end
    from drawn d
    join tendril.bucket_ranges(weights, x.coverage) r on d.bucket >= r.range_from and d.bucket < r.range_until
    where x.allocation <> 'recovering'
    union all
    select d.user_id, r.place, false, r.chances
    from drawn d
    join (
        select s.user_id, s.place, sum(s.share) over before_it - s.share as range_from, x.coverage * s.share as width,
            array_agg(s.share) over (before_it rows between unbounded preceding and unbounded following) as chances
        from tendril.recovering_shares(x.id, case when x.allocation = 'recovering' then draw_variants.users end, draw_variants.at) s
        window before_it as (partition by s.user_id order by s.place)
    ) r on r.user_id = d.user_id and d.bucket >= r.range_from and d.bucket < r.range_from + r.width
    where x.allocation = 'recovering';
end;
$$;
