-- Notes in the log of a campaign why a page of a run failed, and when it is tried again: five times in all.
create or replace function tendril.record_campaign_failure(run_id bigint, error text, at timestamptz default tendril.clock())
returns void
language sql
set search_path = ''
as $$
    update tendril.campaign_runs r
    set attempts = r.attempts + 1, error = record_campaign_failure.error,
        retry_at = record_campaign_failure.at + r.attempts * interval '30 seconds',
        started_at = coalesce(r.started_at, record_campaign_failure.at),
        status = case when r.attempts >= 4 then 'failed' else 'running' end,
        ended_at = case when r.attempts >= 4 then record_campaign_failure.at end
    where r.id = record_campaign_failure.run_id;
$$;
