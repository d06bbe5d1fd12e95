-- Deletes a campaign that was never more than a draft.
create or replace function tendril.delete_campaign(campaign_id bigint, revision int default null)
returns void
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    current tendril.campaigns := tendril.lock_campaign(delete_campaign.campaign_id, delete_campaign.revision);
begin
    if current.status <> 'draft' then
        raise exception 'the campaign is %: only a draft is deleted', current.status using errcode = 'TN409', detail = 'status',
            hint = 'Cancel it instead.';
    end if;
    delete from tendril.campaigns c where c.id = current.id;
end;
$$;
