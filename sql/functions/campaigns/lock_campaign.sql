-- Locks a campaign for a change and gives it; refuses one that somebody else has changed since `revision`.
create or replace function tendril.lock_campaign(campaign_id bigint, revision int default null)
returns tendril.campaigns
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    locked tendril.campaigns;
begin
    select c.* into locked from tendril.campaigns c where c.id = lock_campaign.campaign_id for no key update;
    if not found then
        raise exception 'no campaign %', lock_campaign.campaign_id using errcode = 'TN404', detail = 'campaign_id';
    elsif lock_campaign.revision <> locked.revision then
        raise exception 'the campaign was changed in the meantime: it is at revision %', locked.revision
            using errcode = 'TN409', detail = 'revision', hint = 'Read it again, and decide anew.';
    end if;
    return locked;
end;
$$;
