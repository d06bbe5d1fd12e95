-- Holds a campaign: nobody more is enrolled, and of its messages nothing leaves that is not with a provider yet. Gives it; pausing
-- twice changes nothing.
create or replace function tendril.pause_campaign(campaign_id bigint, revision int default null, at timestamptz default tendril.clock())
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    current tendril.campaigns := tendril.lock_campaign(pause_campaign.campaign_id, pause_campaign.revision);
begin
    if current.status not in ('active', 'paused') then
        raise exception 'the campaign is %: only an active one is paused', current.status using errcode = 'TN409', detail = 'status';
    end if;
    update tendril.campaigns c set status = 'paused', paused_at = pause_campaign.at, changed_at = pause_campaign.at, revision = c.revision + 1
    where c.id = current.id and c.status = 'active';
    return tendril.describe_campaign(current.id);
end;
$$;
