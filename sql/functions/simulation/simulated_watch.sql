-- Says of a campaign that goes by no dates how a simulation has it find whom it enrolls: under which key, from when on, after how
-- many earlier looks and whom of the present one, a sample of whom is worth seeing, and why somebody is not enrolled; of others only that. Changes nothing.
create or replace function tendril.simulated_watch(campaign tendril.campaigns, at timestamptz default tendril.clock())
returns jsonb
language sql stable
set search_path = ''
as $$
    select case
        when simulated_watch.campaign.kind in ('drip', 'triggered') then jsonb_build_object(
            'key', 'campaign:' || simulated_watch.campaign.id,
            'looks_at', case when not simulated_watch.campaign.schedule ? 'event' then greatest(simulated_watch.at, case
                when simulated_watch.campaign.status = 'active' then greatest(log.due_at, simulated_watch.campaign.throttled_until) end) end,
            'sweeps', coalesce(log.sweeps, 0), 'after_user', log.after_user,
            'only_remembers', simulated_watch.campaign.schedule ? 'entered' and coalesce(log.sweeps, 0) = 0
                and not coalesce((simulated_watch.campaign.schedule ->> 'include_present')::boolean, false),
            -- who is in the audience already enters no more
            'sampled', case when simulated_watch.campaign.schedule ? 'entered'
                    and not coalesce((simulated_watch.campaign.schedule ->> 'include_present')::boolean, false)
                then jsonb_build_object('$nor', jsonb_build_array(simulated_watch.campaign.filter)) else simulated_watch.campaign.filter end,
            'why_not', case
                when simulated_watch.campaign.kind = 'drip' then 'no_date_ahead'
                when simulated_watch.campaign.schedule ? 'event' then 'not_triggered'
                else 'not_entering' end)
        else jsonb_build_object('sampled', simulated_watch.campaign.filter, 'sweeps', 0, 'why_not', 'not_in_audience')
    end
    from (select 1) one
    left join tendril.campaign_runs log on log.campaign_id = simulated_watch.campaign.id and log.occurrence = 'audience';
$$;
