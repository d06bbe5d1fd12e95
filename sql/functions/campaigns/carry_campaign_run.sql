-- Enrolls the next page of a run of a campaign that the caller has locked, as many people as the minute still allows. A page that fails
-- changes nothing but the log, and is tried again, five times in all.
create or replace function tendril.carry_campaign_run(
    campaign tendril.campaigns, run_id bigint, batch int default 2000, at timestamptz default tendril.clock()
)
returns void
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    run tendril.campaign_runs;
    most int := (carry_campaign_run.campaign).per_minute - tendril.enrolled_in_minute(carry_campaign_run.campaign, carry_campaign_run.at);
    page jsonb;
begin
    select r.* into run from tendril.campaign_runs r where r.id = carry_campaign_run.run_id;
    if run.status = 'waiting' and (carry_campaign_run.campaign).kind in ('one_time', 'recurring')
        and run.started_at is null and run.due_at < carry_campaign_run.at - (carry_campaign_run.campaign).stale_after then
        update tendril.campaign_runs r set status = 'stale', ended_at = carry_campaign_run.at where r.id = run.id;
        return;
    elsif most <= 0 then
        update tendril.campaigns c set throttled_until = tendril.minute_is_over(c, carry_campaign_run.at)
        where c.id = (carry_campaign_run.campaign).id;
        return;
    end if;
    begin
        page := case
            when run.occurrence <> 'audience' then tendril.enroll_audience(
                (carry_campaign_run.campaign).sequence, (carry_campaign_run.campaign).filter, run.occurrence, source => 'campaign',
                after_user => run.after_user, batch => carry_campaign_run.batch, campaign_id => run.campaign_id, zone => run.zone,
                most => most, at => carry_campaign_run.at)
            when (carry_campaign_run.campaign).kind = 'drip'
                then tendril.enroll_anchored(carry_campaign_run.campaign, run, carry_campaign_run.batch, most, at => carry_campaign_run.at)
            else tendril.enroll_entering(carry_campaign_run.campaign, run, carry_campaign_run.batch, most, at => carry_campaign_run.at)
        end;
    exception
        -- passes by itself, and is no failure
        when transaction_rollback or lock_not_available or operator_intervention then raise;
        when others then
            update tendril.campaign_runs r
            set attempts = r.attempts + 1, error = sqlerrm, retry_at = carry_campaign_run.at + r.attempts * interval '30 seconds',
                started_at = coalesce(r.started_at, carry_campaign_run.at),
                status = case when r.attempts >= 4 then 'failed' else 'running' end,
                ended_at = case when r.attempts >= 4 then carry_campaign_run.at end
            where r.id = run.id;
            return;
    end;
    perform tendril.record_campaign_page(run, page, carry_campaign_run.at);
end;
$$;
