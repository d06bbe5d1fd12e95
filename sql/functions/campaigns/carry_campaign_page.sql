-- Enrolls all people of a page of a run that nobody else is about, and says of which campaign; null when there is none. It locks the page
-- and not the campaign, so that a pause and a cancel wait for no page; what it plans beside one the gate holds or stops.
create or replace function tendril.carry_campaign_page(at timestamptz default tendril.clock())
returns bigint
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    page tendril.campaign_pages;
    run tendril.campaign_runs;
    current tendril.campaigns;
    outcome jsonb;
begin
    select p.* into page
    from tendril.campaign_pages p
    join tendril.campaign_runs r on r.id = p.run_id
    join tendril.campaigns c on c.id = r.campaign_id
    where c.status = 'active' and r.status in ('waiting', 'running') and coalesce(r.retry_at <= carry_campaign_page.at, true)
    order by p.id limit 1 for update of p skip locked;
    if not found then
        return null;
    end if;
    select r.* into run from tendril.campaign_runs r where r.id = page.run_id;
    select c.* into current from tendril.campaigns c where c.id = run.campaign_id;
    begin
        outcome := tendril.enroll_audience(
            current.sequence, current.filter, run.occurrence, source => 'campaign', after_user => page.after_user,
            upto_user => page.upto_user, batch => null, campaign_id => run.campaign_id, zone => run.zone, at => carry_campaign_page.at);
    exception
        -- passes by itself, and is no failure
        when transaction_rollback or lock_not_available or operator_intervention then raise;
        when others then
            perform tendril.record_campaign_failure(run.id, sqlerrm, carry_campaign_page.at);
            return run.campaign_id;
    end;
    delete from tendril.campaign_pages p where p.id = page.id;
    -- Waits for whoever ends another page of it, so that the last one sees that it is.
    update tendril.campaign_runs r
    set seen = r.seen + (outcome ->> 'seen')::int, enrolled = r.enrolled + (outcome ->> 'enrolled')::int,
        held_out = r.held_out + (outcome ->> 'held_out')::int, left_out = tendril.add_counts(r.left_out, outcome -> 'left_out'),
        attempts = 0, error = null, retry_at = null
    where r.id = run.id;
    update tendril.campaign_runs r set status = 'done', sweeps = 1, ended_at = carry_campaign_page.at
    where r.id = run.id and r.is_divided and r.status in ('waiting', 'running')
        and not exists (select from tendril.campaign_pages p where p.run_id = r.id);
    return run.campaign_id;
end;
$$;
