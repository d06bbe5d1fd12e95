-- Gives one run of a campaign with what became of its messages: how many are in which state, and why; changes nothing.
create or replace function tendril.describe_campaign_run(campaign_id bigint, run_id bigint)
returns jsonb
language plpgsql stable
set search_path = ''
as $$
#variable_conflict use_column
declare
    described jsonb;
begin
    select to_jsonb(r) - array['campaign_id', 'after_user', 'sweeps'] || jsonb_build_object('messages', coalesce((
        select jsonb_agg(counted order by counted.n desc, counted.status, counted.reason)
        from (
            select d.delivery_status as status, coalesce(d.failure_reason, d.reason) as reason, count(*) as n
            from tendril.enrollments e join tendril.message_deliveries d on d.enrollment_id = e.id join tendril.users u on u.id = e.user_id
            where e.campaign_id = r.campaign_id and (r.occurrence = 'audience' or e.key = r.occurrence) and (r.zone is null or u.timezone = r.zone)
            group by 1, 2
        ) counted), '[]'))
    into described
    from tendril.campaign_runs r where r.campaign_id = describe_campaign_run.campaign_id and r.id = describe_campaign_run.run_id;
    if not found then
        raise exception 'no run % of campaign %', describe_campaign_run.run_id, describe_campaign_run.campaign_id
            using errcode = 'TN404', detail = 'run_id';
    end if;
    return described;
end;
$$;
