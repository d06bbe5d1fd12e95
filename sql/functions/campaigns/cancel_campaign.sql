-- Ends a campaign for good: from the end of this call on nobody more is enrolled and the gate lets none of its messages through. What
-- was planned is cleared away by `tidy_campaign`, so that this takes as long for a million messages as for one, and waits for none
-- that is being claimed. Gives it; cancelling twice changes nothing.
create or replace function tendril.cancel_campaign(campaign_id bigint, revision int default null, at timestamptz default tendril.clock())
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    current tendril.campaigns := tendril.lock_campaign(cancel_campaign.campaign_id, cancel_campaign.revision);
begin
    if current.status in ('draft', 'completed') then
        raise exception 'the campaign is %: there is nothing to cancel', current.status using errcode = 'TN409', detail = 'status';
    elsif current.status <> 'cancelled' then
        update tendril.campaigns c
        set status = 'cancelled', paused_at = null, ended_at = cancel_campaign.at, changed_at = cancel_campaign.at, revision = c.revision + 1,
            looks_at = null, releases_at = null, next_run_at = null, upcoming = '{}'
        where c.id = current.id;
    end if;
    return tendril.describe_campaign(current.id);
end;
$$;
