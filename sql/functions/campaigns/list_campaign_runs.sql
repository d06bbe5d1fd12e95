-- Lists the runs of a campaign, newest first, before the number `after`; those of one that a behavior event triggers day by day, of UTC;
-- changes nothing.
create or replace function tendril.list_campaign_runs(campaign_id bigint, limit_to int default 100, after bigint default null)
returns setof jsonb
language sql stable
set search_path = ''
as $$
    (
        select to_jsonb(r) - array['campaign_id', 'after_user', 'sweeps']
        from tendril.campaign_runs r
        where r.campaign_id = list_campaign_runs.campaign_id and (list_campaign_runs.after is null or r.id < list_campaign_runs.after)
        order by r.id desc limit list_campaign_runs.limit_to
    )
    union all
    (
        select jsonb_build_object(
            'id', null, 'occurrence', days.day, 'zone', null, 'due_at', null, 'status', 'done', 'seen', days.enrolled + days.held_out,
            'enrolled', days.enrolled, 'held_out', days.held_out, 'left_out', jsonb_build_object(), 'attempts', 0, 'error', null,
            'started_at', days.started_at, 'ended_at', days.ended_at, 'retry_at', null)
        from (
            select
                (e.enrolled_at at time zone 'UTC')::date as day, min(e.enrolled_at) as started_at, max(e.enrolled_at) as ended_at,
                count(*) filter (where e.status_reason is distinct from 'holdout') as enrolled,
                count(*) filter (where e.status_reason = 'holdout') as held_out
            from tendril.enrollments e join tendril.campaigns c on c.id = e.campaign_id
            where c.id = list_campaign_runs.campaign_id and c.kind = 'triggered' and c.schedule ? 'event' and list_campaign_runs.after is null
            group by 1
        ) days
        order by days.day desc limit list_campaign_runs.limit_to
    );
$$;
