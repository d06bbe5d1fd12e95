-- Lists what a simulation has to do by itself: the runs that enroll people, one at its beginning unless it names others, and what
-- people do on the way; changes nothing.
create or replace function tendril.simulated_agenda(simulation jsonb, begins timestamptz)
returns jsonb
language sql stable
set search_path = ''
as $$
    select jsonb_agg(due.entry order by (due.entry ->> 'at')::timestamptz)
    from (
        select r.value || jsonb_build_object('kind', 'run') as entry
        from jsonb_array_elements(coalesce(
            simulated_agenda.simulation -> 'runs',
            jsonb_build_array(jsonb_build_object('at', simulated_agenda.begins, 'key', coalesce(simulated_agenda.simulation ->> 'key', ''))))) r
        union all
        select b.value || jsonb_build_object('kind', 'behavior', 'at', simulated_agenda.begins + coalesce(b.value ->> 'after', '0')::interval)
        from jsonb_array_elements(coalesce(simulated_agenda.simulation -> 'behavior', '[]')) b
    ) due;
$$;
