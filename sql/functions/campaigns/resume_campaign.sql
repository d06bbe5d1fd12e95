-- Lets a paused campaign go on: what waited for it is looked at again, the first hundred by this call and the rest by `tidy_campaign`, so
-- that it takes as long for a million messages as for a hundred; a run that had failed is tried anew, and one that is too late by now is
-- left out. Gives it; resuming twice changes nothing.
create or replace function tendril.resume_campaign(campaign_id bigint, revision int default null, at timestamptz default tendril.clock())
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    current tendril.campaigns := tendril.lock_campaign(resume_campaign.campaign_id, resume_campaign.revision);
begin
    if current.status not in ('active', 'paused') then
        raise exception 'the campaign is %: only a paused one is resumed', current.status using errcode = 'TN409', detail = 'status';
    elsif current.status = 'paused' then
        update tendril.campaigns c
        set status = 'active', paused_at = null, resumed_at = resume_campaign.at, releases_at = resume_campaign.at, changed_at = resume_campaign.at, revision = c.revision + 1,
            looked_at = greatest(c.looked_at, resume_campaign.at - c.stale_after),
            looks_at = case when c.looks_at is not null then resume_campaign.at end
        where c.id = current.id;
        update tendril.campaign_runs r set status = 'waiting', attempts = 0, retry_at = null, ended_at = null
        where r.campaign_id = current.id and r.status = 'failed';
        perform tendril.release_campaign(current.id, 100, resume_campaign.at);
    end if;
    return tendril.describe_campaign(current.id);
end;
$$;
