-- Notices what the passing of time brought about, when there is something to notice: silences, missed commitments, pods that need
-- their next meeting, streaks in danger. Any number of processes may ask; one of them does it. Says how many of each there were.
create or replace function tendril.notice_time(at timestamptz default tendril.clock())
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    since timestamptz;
begin
    if not exists (select from tendril.time_notices) then
        -- What lies before the first time is nobody's news.
        insert into tendril.time_notices (noticed_at) values (notice_time.at) on conflict do nothing;
        return '{}';
    elsif coalesce(tendril.next_notice() > notice_time.at, true) then
        return '{}';
    end if;
    select n.noticed_at into since from tendril.time_notices n where n.noticed_at < notice_time.at for update skip locked;
    if since is null then
        return '{}';
    end if;
    update tendril.time_notices set noticed_at = notice_time.at;
    return jsonb_build_object(
        'missed_commitments', tendril.notice_missed_commitments(notice_time.at),
        'planned_meetings', tendril.plan_pod_meetings(notice_time.at),
        -- before those who belong to nobody: a pod's call comes instead of ours
        'inactive_in_pods', tendril.notice_pod_inactivity(notice_time.at),
        'inactive', tendril.notice_inactivity(since, notice_time.at),
        'streaks_in_danger', tendril.notice_streaks(since, notice_time.at));
end;
$$;
