-- Gives everybody whom a campaign has enrolled or held out, once each, from the first time on; whom it held out without a variant.
-- Without a campaign, everybody whom any campaign meant since the global holdout has its share, and those in it without a variant.
-- Changes nothing.
create or replace function tendril.lift_units(campaign_id bigint)
returns table (user_id uuid, variant text, assigned_at timestamptz)
language sql stable
set search_path = ''
as $$
    (select distinct on (e.user_id) e.user_id, case when e.status_reason is distinct from 'holdout' then 'written to' end, e.enrolled_at
    from tendril.enrollments e
    where e.campaign_id = lift_units.campaign_id
    order by e.user_id, e.enrolled_at, e.id)
    union all
    (select distinct on (e.user_id)
        e.user_id, case when tendril.experiment_bucket(e.user_id::text, h.seed) >= h.share then 'written to' end, e.enrolled_at
    from tendril.global_holdout h
    join tendril.enrollments e on e.campaign_id is not null and e.enrolled_at >= h.since
    join (select q.name from tendril.sequences q where not tendril.is_transactional(q.name)) q on q.name = e.sequence
    where lift_units.campaign_id is null and h.share > 0
    order by e.user_id, e.enrolled_at, e.id);
$$;
