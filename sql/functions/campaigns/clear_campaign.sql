-- Clears away what a cancelled campaign left, so many enrollments at most: its runs and their pages, enrollments, and what was planned
-- of them. What somebody else has in hand at this moment is left for the next time. Says how many rows it changed.
create or replace function tendril.clear_campaign(campaign_id bigint, batch int default 20000, at timestamptz default tendril.clock())
returns int
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    chosen bigint[] := array(
        select e.id from tendril.enrollments e
        where e.campaign_id = clear_campaign.campaign_id and e.status in ('active', 'paused') order by e.id limit clear_campaign.batch);
    planned bigint[];
    changed int;
    ended int;
begin
    delete from tendril.campaign_pages p
    where p.id in (
        select o.id from tendril.campaign_pages o join tendril.campaign_runs r on r.id = o.run_id
        where r.campaign_id = clear_campaign.campaign_id for update of o skip locked);
    update tendril.campaign_runs r set status = 'cancelled', ended_at = clear_campaign.at
    where r.id in (
        select o.id from tendril.campaign_runs o
        where o.campaign_id = clear_campaign.campaign_id and o.status in ('waiting', 'running') for no key update skip locked);
    get diagnostics changed = row_count;
    planned := array(
        select d.id from tendril.message_deliveries d
        where d.enrollment_id = any (chosen) and d.delivery_status = 'pending' order by d.id for no key update skip locked);
    update tendril.message_deliveries d set delivery_status = 'cancelled', reason = 'campaign_cancelled' where d.id = any (planned);
    update tendril.enrollments e set status = 'cancelled', status_reason = 'campaign_cancelled', ended_at = clear_campaign.at
    where e.id in (
        select o.id from tendril.enrollments o
        where o.id = any (chosen) and o.status in ('active', 'paused')
            -- whose message is still to be cancelled stays in sight until then
            and not exists (select from tendril.message_deliveries d where d.enrollment_id = o.id and d.delivery_status = 'pending')
        order by o.id for no key update skip locked);
    get diagnostics ended = row_count;
    return changed + cardinality(planned) + ended;
end;
$$;
