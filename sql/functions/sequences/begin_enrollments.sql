-- Begins an enrollment for each of these users and plans their first step: with the context of all or their own, counting from now
-- or from an anchor of their own, in the version that an experiment gives them. Whom a holdout or a silent variant keeps from it has
-- an enrollment that ends as it begins. Gives the ids of those that go on; somebody who runs already under this key keeps that run.
create or replace function tendril.begin_enrollments(
    users uuid[], sequence text, version_id bigint, key text default '', context jsonb default '{}', contexts jsonb[] default null,
    anchors timestamptz[] default null, source text default 'api', campaign_id bigint default null,
    at timestamptz default tendril.clock()
)
returns bigint[]
language plpgsql
set search_path = ''
-- Plans are made while the tables are still small, and then kept; those by which foreign keys are checked too.
set enable_seqscan = off
as $$
#variable_conflict use_column
declare
    begun bigint[];
begin
    with fresh as (
        insert into tendril.enrollments (
            user_id, sequence, version_id, key, status, status_reason, context, source, campaign_id, experiment_id, variant, chances,
            stepped_at, anchor_at, enrolled_at, ended_at)
        select
            f.user_id, begin_enrollments.sequence, coalesce(chosen.version_id, begin_enrollments.version_id), begin_enrollments.key,
            case when chosen.is_held_out then 'cancelled' else 'active' end,
            case when chosen.is_held_out then 'holdout' end as status_reason,
            coalesce(f.context, begin_enrollments.context), begin_enrollments.source, begin_enrollments.campaign_id,
            chosen.experiment_id, chosen.variant, chosen.chances, begin_enrollments.at, coalesce(f.anchor, begin_enrollments.at),
            begin_enrollments.at, case when chosen.is_held_out then begin_enrollments.at end
        from unnest(begin_enrollments.users, begin_enrollments.contexts, begin_enrollments.anchors) as f (user_id, context, anchor)
        left join tendril.choose_versions(
            begin_enrollments.users, begin_enrollments.sequence, begin_enrollments.campaign_id, begin_enrollments.key,
            begin_enrollments.at) chosen on chosen.user_id = f.user_id
        -- whoever begins later has the higher number, by which a limit per minute finds who began last
        order by f.anchor
        on conflict (user_id, sequence, key) where status in ('active', 'paused') do nothing
        returning id, status
    )
    select coalesce(array_agg(id) filter (where status = 'active'), '{}') into begun from fresh;
    perform tendril.plan_next_steps(begun, begin_enrollments.at);
    return begun;
end;
$$;
