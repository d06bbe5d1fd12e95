-- Counts what came of those whom a campaign, or without one all of them, wrote to, and of those held out (no variant), by its goal or
-- the one given, which it tells; changes nothing.
create or replace function tendril.measure_lift(
    campaign_id bigint default null, goal jsonb default null, at timestamptz default tendril.clock()
)
returns jsonb
language plpgsql stable
set search_path = ''
as $$
#variable_conflict use_column
declare
    chosen tendril.campaigns;
begin
    select * into chosen from tendril.campaigns c where c.id = measure_lift.campaign_id;
    if not found and measure_lift.campaign_id is not null then
        raise exception 'no campaign %', measure_lift.campaign_id using errcode = 'TN404', detail = 'campaign_id';
    end if;
    return jsonb_build_object('name', chosen.name, 'goal', coalesce(measure_lift.goal, chosen.goal), 'outcomes', (
        select coalesce(jsonb_agg(to_jsonb(counted)), '[]')
        from (
            select
                o.variant, 'assignment' as counted_from, count(*) as people, count(*) filter (where o.is_complete) as complete,
                count(*) filter (where o.is_complete and o.is_reached) as reached, coalesce(sum(o.value) filter (where o.is_complete), 0) as total,
                coalesce(sum(o.value * o.value) filter (where o.is_complete), 0) as total_of_squares,
                count(*) filter (where o.is_settled) as settled, count(*) filter (where o.is_settled and o.is_active) as active
            from tendril.unit_outcomes(null, 'assignment', measure_lift.at, chosen.id, measure_lift.goal) o
            group by o.variant
        ) counted));
end;
$$;
