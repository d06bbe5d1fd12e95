-- Gives somebody's runs through a sequence in a simulation, and how each stands at its end; changes nothing.
create or replace function tendril.simulated_runs(user_id uuid, sequence text, begins timestamptz)
returns jsonb
language sql stable
set search_path = ''
as $$
    select coalesce(jsonb_agg(jsonb_build_object(
        'key', e.key, 'began_at', e.enrolled_at, 'status', e.status, 'reason', e.status_reason, 'variant', e.variant,
        'version', (select v.number from tendril.sequence_versions v where v.id = e.version_id and v.number > 0), 'step', e.current_step,
        'steps', (select count(*) from tendril.sequence_steps s where s.version_id = e.version_id)) order by e.enrolled_at, e.id), '[]')
    from tendril.enrollments e
    where e.user_id = simulated_runs.user_id and e.sequence = simulated_runs.sequence
        and (e.enrolled_at >= simulated_runs.begins or e.ended_at is null or e.ended_at >= simulated_runs.begins);
$$;
