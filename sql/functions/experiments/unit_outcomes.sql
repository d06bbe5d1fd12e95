-- Says of everything that an experiment counts, or, without one, a campaign or all of them against those held out, what came of it, from
-- the assignment or from the exposure on: whether the goal was reached within its time and with what value, whether a person clicked, and
-- whether the user was active later; only what has had its whole time is complete. Changes nothing.
create or replace function tendril.unit_outcomes(
    experiment_id bigint, counted_from text, at timestamptz default tendril.clock(), campaign_id bigint default null,
    goal jsonb default null
)
returns table (
    variant text, chances double precision[], is_complete boolean, is_reached boolean, value double precision, is_clicked boolean,
    is_settled boolean, is_active boolean
)
language plpgsql stable
set search_path = ''
as $$
#variable_conflict use_column
declare
    wanted jsonb := coalesce(
        unit_outcomes.goal, (select x.goal from tendril.experiments x where x.id = unit_outcomes.experiment_id),
        (select c.goal from tendril.campaigns c where c.id = unit_outcomes.campaign_id));
    span interval := coalesce(wanted ->> 'within', '7 days');
    active_from int := coalesce((wanted -> 'active' ->> 0)::int, 7);
    active_until int := coalesce((wanted -> 'active' ->> 1)::int, 14);
    meets_filter text := case when coalesce(nullif(wanted -> 'filter', 'null'), '{}') = '{}' then 'true' else format(
        'exists (select from tendril.users u left join tendril.user_preferences p on p.user_id = u.id'
        ' cross join lateral (select b.metadata as context) e where u.id = b.user_id and %s)', tendril.compile_filter(wanted -> 'filter')) end;
begin
    return query execute format($query$
        with counted as materialized (
            select n.user_id, n.variant, n.chances, n.ends_at, case $2 when 'exposure' then n.exposed_at else n.assigned_at end as since
            from tendril.experiment_units($1) n
            where $2 <> 'exposure' or n.exposed_at is not null
            union all
            select n.user_id, n.variant, null, 'infinity', n.assigned_at from tendril.lift_units($9) n where $1 is null
        )
        select
            c.variant, c.chances, c.since + $4 <= $3, goal.is_reached, goal.value,
            exists (
                select from tendril.enrollments r join tendril.message_deliveries d on d.enrollment_id = r.id
                where r.experiment_id = $1 and r.user_id = c.user_id and d.clicked_at >= c.since and d.clicked_at < least(c.since + $4, c.ends_at)),
            c.since + make_interval(days => $8) <= $3,
            -- What we sent makes nobody active, and neither does a reaction to it: those held out could not react.
            exists (
                select from tendril.behavior_events b
                where b.user_id = c.user_id and b.source not in ('clock', 'admin') and b.type not like 'message\_%%'
                    and b.occurred_at >= c.since + make_interval(days => $7) and b.occurred_at < c.since + make_interval(days => $8))
        from counted c
        cross join lateral (
            -- bounded, so that one absurd value does not keep all others from being summed
            select count(*) > 0 as is_reached, coalesce(sum(case jsonb_typeof(b.metadata -> $6)
                when 'number' then least(greatest((b.metadata ->> $6)::numeric, -1e12), 1e12)::double precision end), 0) as value
            from tendril.behavior_events b
            where b.user_id = c.user_id and b.type = $5 and b.occurred_at >= c.since and b.occurred_at < least(c.since + $4, c.ends_at) and %s
        ) goal
        $query$, meets_filter)
    using unit_outcomes.experiment_id, unit_outcomes.counted_from, unit_outcomes.at, span, wanted ->> 'event', wanted ->> 'value', active_from,
        active_until, unit_outcomes.campaign_id;
end;
$$;
