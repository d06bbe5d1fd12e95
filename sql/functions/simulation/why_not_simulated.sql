-- Says why a simulation enrolled somebody in nothing, or null where it did: they were under way already, had it before, declined it, or
-- are not whom the campaign enrolls; changes nothing.
create or replace function tendril.why_not_simulated(user_id uuid, run jsonb, begins timestamptz)
returns text
language sql stable
set search_path = ''
as $$
    select case
        when bool_or(e.enrolled_at >= why_not_simulated.begins) then case
            when why_not_simulated.run -> 'throttled' ? why_not_simulated.user_id::text then 'throttled' end
        when why_not_simulated.run ->> 'campaign_id' is not null and exists (
            select from tendril.sequence_opt_outs o
            where o.user_id = why_not_simulated.user_id and o.sequence = why_not_simulated.run ->> 'sequence') then 'sequence_declined'
        when bool_or(e.key = why_not_simulated.run ->> 'key' and coalesce(e.ended_at >= why_not_simulated.begins, true)) then 'already_running'
        when bool_or(e.key = why_not_simulated.run ->> 'key') then 'already_enrolled'
        when why_not_simulated.run -> 'throttled' ? why_not_simulated.user_id::text then 'throttled'
        when why_not_simulated.run ->> 'campaign_id' is not null then why_not_simulated.run ->> 'why_not'
        when bool_or(e.status in ('active', 'paused')) then 'already_running'
        else 'not_enrolled'
    end
    from tendril.enrollments e
    where e.user_id = why_not_simulated.user_id and e.sequence = why_not_simulated.run ->> 'sequence';
$$;
