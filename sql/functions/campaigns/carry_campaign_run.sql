-- Carries on a run of a campaign that the caller has locked: takes a page off it for others to enroll, or, where a minute has a limit or
-- an audience is watched, enrolls its next page itself. A page that fails changes nothing but the log, and is tried again, five times in all.
create or replace function tendril.carry_campaign_run(
    campaign tendril.campaigns, run_id bigint, batch int, at timestamptz default tendril.clock()
)
returns void
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    run tendril.campaign_runs;
    most int := (carry_campaign_run.campaign).per_minute - tendril.enrolled_in_minute(carry_campaign_run.campaign, carry_campaign_run.at);
    -- A pause waits for these.
    few int := least(carry_campaign_run.batch, 1000);
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
    elsif run.occurrence <> 'audience' and (carry_campaign_run.campaign).per_minute is null then
        perform tendril.divide_campaign_run(run, carry_campaign_run.batch, carry_campaign_run.at);
        return;
    end if;
    begin
        page := case
            when run.occurrence <> 'audience' then tendril.enroll_audience(
                (carry_campaign_run.campaign).sequence, (carry_campaign_run.campaign).filter, run.occurrence, source => 'campaign',
                after_user => run.after_user, batch => few, campaign_id => run.campaign_id, zone => run.zone,
                most => most, at => carry_campaign_run.at)
            when (carry_campaign_run.campaign).kind = 'drip'
                then tendril.enroll_anchored(carry_campaign_run.campaign, run, few, most, at => carry_campaign_run.at)
            else tendril.enroll_entering(carry_campaign_run.campaign, run, few, most, at => carry_campaign_run.at)
        end;
    exception
        -- passes by itself, and is no failure
        when transaction_rollback or lock_not_available or operator_intervention then raise;
        when others then
            perform tendril.record_campaign_failure(run.id, sqlerrm, carry_campaign_run.at);
            return;
    end;
    perform tendril.record_campaign_page(run, page, carry_campaign_run.at);
end;
$$;
