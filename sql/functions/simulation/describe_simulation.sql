-- Tells what a simulation came to, person by person: what was sent to them, what was held, skipped or stopped and why, what went
-- another way, and how their runs stand at its end; changes nothing.
create or replace function tendril.describe_simulation(people jsonb, run jsonb, begins timestamptz, ends timestamptz)
returns jsonb
language sql stable
set search_path = ''
as $$
    select jsonb_build_object(
        'begins', describe_simulation.begins, 'ends', describe_simulation.ends,
        'title', (select v.definition ->> 'title' from tendril.sequence_versions v where v.id = (describe_simulation.run ->> 'version_id')::bigint),
        'version', (select v.number from tendril.sequence_versions v where v.id = (describe_simulation.run ->> 'version_id')::bigint and v.number > 0),
        'steps', (select jsonb_agg(s.name order by s.position) from tendril.sequence_steps s
            where s.version_id = (describe_simulation.run ->> 'version_id')::bigint),
        'users', coalesce(jsonb_agg(jsonb_build_object(
            'label', p.label, 'user_id', p.real, 'name', tendril.full_name(u), 'timezone', u.timezone,
            'quiet_from', coalesce(w.quiet_from, '22:00'), 'quiet_until', coalesce(w.quiet_until, '08:00'),
            'why_not', tendril.why_not_simulated(p.user_id, describe_simulation.run, describe_simulation.begins),
            'runs', tendril.simulated_runs(p.user_id, describe_simulation.run ->> 'sequence', describe_simulation.begins),
            'entries', tendril.simulated_entries(p.user_id, describe_simulation.run ->> 'sequence', describe_simulation.begins)
        ) order by p.place), '[]'))
    from rows from (jsonb_to_recordset(describe_simulation.people) as (user_id uuid, real uuid, label text)) with ordinality
        as p (user_id, real, label, place)
    join tendril.users u on u.id = p.user_id
    left join tendril.user_preferences w on w.user_id = p.user_id;
$$;
