-- Ends enrollments that a cancelled campaign left, so many at most, and what was planned of them.
create or replace function tendril.clear_campaign(campaign_id bigint, batch int default 20000, at timestamptz default tendril.clock())
returns void
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    chosen bigint[] := array(
        select e.id from tendril.enrollments e
        where e.campaign_id = clear_campaign.campaign_id and e.status in ('active', 'paused') order by e.id limit clear_campaign.batch);
begin
    perform from tendril.message_deliveries d
    where d.enrollment_id = any (chosen) and d.delivery_status = 'pending' order by d.id for no key update;
    update tendril.message_deliveries d set delivery_status = 'cancelled', reason = 'campaign_cancelled'
    where d.enrollment_id = any (chosen) and d.delivery_status = 'pending';
    perform from tendril.enrollments e where e.id = any (chosen) order by e.id for no key update;
    update tendril.enrollments e set status = 'cancelled', status_reason = 'campaign_cancelled', ended_at = clear_campaign.at
    where e.id = any (chosen) and e.status in ('active', 'paused');
end;
$$;
