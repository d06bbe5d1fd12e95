-- Says why a simulation enrolled somebody in nothing, or null where it did: they were under way already, had it before, or are not in
-- the audience; changes nothing.
create or replace function tendril.why_not_simulated(user_id uuid, run jsonb, begins timestamptz)
returns text
language sql stable
set search_path = ''
as $$
    select case
        when bool_or(e.enrolled_at >= why_not_simulated.begins) then null
        when why_not_simulated.run ->> 'campaign_id' is not null then 'not_in_audience'
        when bool_or(e.status in ('active', 'paused')) then 'already_running'
        else 'not_enrolled'
    end
    from tendril.enrollments e
    where e.user_id = why_not_simulated.user_id and e.sequence = why_not_simulated.run ->> 'sequence';
$$;
