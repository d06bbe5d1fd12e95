-- Gives the run of a campaign that is to be carried on now, if one is and as many people may be enrolled; changes nothing. Two pages are
-- what others have to do at a time.
create or replace function tendril.waiting_campaign_run(campaign tendril.campaigns, at timestamptz default tendril.clock())
returns bigint
language sql stable
set search_path = ''
as $$
    select r.id from tendril.campaign_runs r
    cross join lateral (
        select count(*) as open from tendril.campaign_pages p join tendril.campaign_runs o on o.id = p.run_id
        where o.campaign_id = waiting_campaign_run.campaign.id
    ) pages
    where r.campaign_id = waiting_campaign_run.campaign.id and r.status in ('waiting', 'running') and not r.is_divided
        and (r.occurrence = 'audience' or pages.open < case when waiting_campaign_run.campaign.per_minute is null then 2 else 1 end)
        and coalesce(r.retry_at, r.due_at) <= waiting_campaign_run.at
        and coalesce(waiting_campaign_run.campaign.throttled_until <= waiting_campaign_run.at, true)
    order by r.due_at, r.id limit 1;
$$;
