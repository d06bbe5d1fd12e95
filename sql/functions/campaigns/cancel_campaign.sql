-- Ends a campaign for good: nobody more is enrolled, what would leave next is cancelled in this call, the rest by `carry_campaigns`,
-- and the gate lets none of it through meanwhile. Gives it; cancelling twice changes nothing.
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
        set status = 'cancelled', ended_at = cancel_campaign.at, changed_at = cancel_campaign.at, revision = c.revision + 1,
            looks_at = null, next_run_at = null, upcoming = '{}'
        where c.id = current.id;
        update tendril.campaign_runs r set status = 'cancelled', ended_at = cancel_campaign.at
        where r.campaign_id = current.id and r.status in ('waiting', 'running');
        delete from tendril.campaign_pages p
        where p.id in (
            select o.id from tendril.campaign_pages o join tendril.campaign_runs r on r.id = o.run_id
            where r.campaign_id = current.id for update of o skip locked);
        -- Few of them: from the end of this call on, the gate stops the others.
        perform tendril.clear_campaign(current.id, 1000, cancel_campaign.at);
    end if;
    return tendril.describe_campaign(current.id);
end;
$$;
