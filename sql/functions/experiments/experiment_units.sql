-- Gives what an experiment counts, each with the variant (none: held out by its campaign or the global holdout) and the time up to
-- which it has its user for itself: in fixed allocation every user once, with the first assignment; of a bandit every run, until the
-- user's next. Changes nothing.
create or replace function tendril.experiment_units(experiment_id bigint)
returns table (user_id uuid, variant text, chances double precision[], assigned_at timestamptz, exposed_at timestamptz, ends_at timestamptz)
language sql stable
set search_path = ''
as $$
    with x as (
        select * from tendril.experiments e where e.id = experiment_units.experiment_id
    ), runs as (
        select e.user_id, e.variant, e.chances, e.enrolled_at, e.exposed_at, e.id
        from tendril.enrollments e where e.experiment_id = experiment_units.experiment_id
        union all
        select e.user_id, null, null, e.enrolled_at, null, e.id
        from x join tendril.enrollments e on e.campaign_id = x.campaign_id
        where e.experiment_id is null and e.status_reason = 'holdout' and e.enrolled_at between x.started_at and coalesce(x.ended_at, 'infinity')
    ), numbered as (
        select
            r.*, row_number() over one_user as place, min(r.exposed_at) over (partition by r.user_id, r.variant) as first_exposed_at,
            lead(r.enrolled_at) over one_user as next_at
        from runs r
        window one_user as (partition by r.user_id order by r.enrolled_at, r.id)
    )
    select
        n.user_id, n.variant, n.chances, n.enrolled_at,
        case when x.allocation = 'fixed' then n.first_exposed_at else n.exposed_at end,
        case when x.allocation = 'fixed' then 'infinity' else coalesce(n.next_at, 'infinity') end
    from numbered n cross join x
    where n.place = 1 or x.allocation <> 'fixed';
$$;
