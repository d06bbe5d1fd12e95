-- Adds times to those that lie ahead of a campaign, unless somebody else has in the meantime, and says whether any did change.
create or replace function tendril.schedule_campaign(
    campaign_id bigint, after timestamp, upcoming timestamp[], is_rule_over boolean, at timestamptz default tendril.clock()
)
returns boolean
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
begin
    update tendril.campaigns c
    set upcoming = c.upcoming || schedule_campaign.upcoming, is_rule_over = schedule_campaign.is_rule_over, looks_at = schedule_campaign.at
    where c.id = schedule_campaign.campaign_id and c.status = 'active'
        and coalesce(c.upcoming[cardinality(c.upcoming)] <= schedule_campaign.after, true);
    return found;
end;
$$;
