-- Whether a campaign that goes by dates has no more of them, and all that it planned has come to rest; changes nothing.
create or replace function tendril.is_campaign_over(campaign tendril.campaigns)
returns boolean
language sql stable
set search_path = ''
as $$
    select is_campaign_over.campaign.kind in ('one_time', 'recurring') and is_campaign_over.campaign.is_rule_over
        and is_campaign_over.campaign.looks_at is null
        and not exists (
            select from tendril.campaign_runs r where r.campaign_id = is_campaign_over.campaign.id and r.status in ('waiting', 'running', 'failed'))
        and not exists (
            select from tendril.enrollments e where e.campaign_id = is_campaign_over.campaign.id and e.status in ('active', 'paused'));
$$;
