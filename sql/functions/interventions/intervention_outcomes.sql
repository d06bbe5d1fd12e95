-- Counts, for each type and band, the people of the last days whom the controller decided to do something for, or held out, whose week is over,
-- and how many of them came back in it; with how many are still under way, and what the controller may; changes nothing.
create or replace function tendril.intervention_outcomes(days int default 90, at timestamptz default tendril.clock())
returns jsonb
language sql stable
set search_path = ''
as $$
    with counted as (
        select i.type, i.band, i.is_held_out, count(*) filter (where i.until <= intervention_outcomes.at) as people,
            count(i.came_back_at) filter (where i.until <= intervention_outcomes.at) as back,
            count(*) filter (where i.until > intervention_outcomes.at) as under_way
        from tendril.interventions i
        where i.created_at > intervention_outcomes.at - make_interval(days => intervention_outcomes.days)
            and i.begun_at is not null and i.decided_by is null
        group by 1, 2, 3
    )
    select jsonb_build_object(
        'rows', (select coalesce(jsonb_agg(to_jsonb(c) order by c.type, c.band, c.is_held_out), '[]') from counted c),
        'suggested', (select count(*) from tendril.interventions i where i.status = 'suggested'),
        'tasks', (select count(*) from tendril.outreach_tasks t where t.status = 'open'),
        'mode', coalesce((select r.mode from tendril.intervention_rules r), 'off'),
        'threshold', (select r.threshold from tendril.intervention_rules r), 'holdout', (select r.holdout from tendril.intervention_rules r));
$$;
