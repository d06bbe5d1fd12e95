-- Lists what a simulation has to do by itself: the runs that enroll people, which are the times of a campaign on its clock or on that
-- of each recipient, or of a sequence one at the beginning; the rest of those that its limit per minute holds back now; and what people do
-- on the way; changes nothing.
create or replace function tendril.simulated_agenda(simulation jsonb, people jsonb, begins timestamptz)
returns jsonb
language sql stable
set search_path = ''
as $$
    with zones as (
        select distinct u.timezone as name
        from jsonb_to_recordset(simulated_agenda.people) as p (user_id uuid) join tendril.users u on u.id = p.user_id
    ), runs as (
        select tendril.instant(t.value::timestamp, simulated_agenda.simulation ->> 'clock') as at, t.value as key, null as zone
        from jsonb_array_elements_text(simulated_agenda.simulation -> 'times') as t (value)
        where simulated_agenda.simulation ->> 'clock' is not null
        union all
        select tendril.instant(t.value::timestamp, z.name), t.value, z.name
        from jsonb_array_elements_text(simulated_agenda.simulation -> 'times') as t (value) cross join zones z
        where simulated_agenda.simulation ->> 'clock' is null
        union all
        select simulated_agenda.begins, coalesce(simulated_agenda.simulation ->> 'key', ''), null
        where simulated_agenda.simulation -> 'times' is null and simulated_agenda.simulation ->> 'campaign_id' is null
    )
    select jsonb_agg(due.entry order by (due.entry ->> 'at')::timestamptz, due.entry ->> 'zone')
    from (
        select jsonb_build_object('kind', 'run', 'at', r.at, 'key', r.key, 'zone', r.zone) as entry
        from runs r where r.at >= simulated_agenda.begins
        union all
        select jsonb_build_object(
            'kind', 'run', 'at', greatest(simulated_agenda.begins, c.throttled_until), 'key', r.occurrence, 'zone', r.zone, 'after_user', r.after_user)
        from tendril.campaign_runs r join tendril.campaigns c on c.id = r.campaign_id
        where c.id = (simulated_agenda.simulation ->> 'campaign_id')::bigint and c.per_minute is not null
            and r.status in ('waiting', 'running') and r.occurrence <> 'audience'
        union all
        select b.value || jsonb_build_object('kind', 'behavior', 'at', simulated_agenda.begins + coalesce(b.value ->> 'after', '0')::interval)
        from jsonb_array_elements(coalesce(simulated_agenda.simulation -> 'behavior', '[]')) b
    ) due;
$$;
