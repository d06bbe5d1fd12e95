-- Gives the run of a campaign that is to be carried on now, if one is and as many people may be enrolled; changes nothing.
create or replace function tendril.waiting_campaign_run(campaign tendril.campaigns, at timestamptz default tendril.clock())
returns bigint
language sql stable
set search_path = ''
as $$
    select r.id from tendril.campaign_runs r
    where r.campaign_id = waiting_campaign_run.campaign.id and r.status in ('waiting', 'running')
        and coalesce(r.retry_at, r.due_at) <= waiting_campaign_run.at
        and coalesce(waiting_campaign_run.campaign.throttled_until <= waiting_campaign_run.at, true)
    order by r.due_at, r.id limit 1;
$$;
