-- Counts, for each type, each band and each first reason, how many people interventions of the last half year were meant for whose week
-- is over, and how many of them came back in it; without a type, those who were held out. What admins decided is not counted: whom they
-- choose is not like everybody. Changes nothing.
create or replace function tendril.intervention_rates(at timestamptz default tendril.clock())
returns table (type text, band text, signal text, people bigint, back bigint)
language sql stable
set search_path = ''
as $$
    select case when not i.is_held_out then i.type end, i.band, i.reasons -> 0 ->> 'signal', count(*), count(i.came_back_at)
    from tendril.interventions i
    where i.created_at > intervention_rates.at - interval '180 days' and i.until <= intervention_rates.at and i.decided_by is null
        and i.begun_at is not null
    group by 1, 2, 3;
$$;
