-- Gives the instants of local times: in a time zone, or the first and the last of those where there are users; those that are over are
-- left out. Changes nothing.
create or replace function tendril.schedule_instants(
    local_times timestamp[], timezone text default null, at timestamptz default tendril.clock()
)
returns table (local_time timestamp, first_at timestamptz, last_at timestamptz)
language sql stable
set search_path = ''
as $$
    with inhabited as materialized (
        select z.zone from tendril.inhabited_zones() as z (zone) where schedule_instants.timezone is null
    )
    select t.local_time, min(w.due_at), max(w.due_at)
    from unnest(schedule_instants.local_times) as t (local_time)
    cross join lateral tendril.instants_of(t.local_time, schedule_instants.timezone) w
    where w.due_at >= schedule_instants.at
        and (schedule_instants.timezone is not null or not exists (select from inhabited) or w.run_zone in (select i.zone from inhabited i))
    group by t.local_time order by t.local_time;
$$;
