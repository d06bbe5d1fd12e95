-- Counts one page more anew, of so many enrollments, and says how far it is; null where nothing is to do, or somebody else is at it.
create or replace function tendril.carry_analytics_rebuild(batch int default 5000, at timestamptz default tendril.clock())
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    job tendril.analytics_rebuilds;
    page jsonb;
begin
    -- The row is the lease: it is free as soon as whoever had it is gone, and what they had not ended never was.
    select r.* into job from tendril.analytics_rebuilds r
    where r.status = 'running' and coalesce(r.retry_at <= carry_analytics_rebuild.at, true)
    for update skip locked;
    if not found then
        return null;
    end if;
    begin
        page := tendril.rebuild_page(job, carry_analytics_rebuild.batch);
        update tendril.analytics_rebuilds r
        set stage = coalesce(page ->> 'stage', r.stage), reached = (page ->> 'reached')::bigint, upto = (page ->> 'upto')::bigint,
            done = r.done + coalesce((page ->> 'messages')::bigint, 0), total = coalesce((page ->> 'total')::bigint, r.total),
            corrected = r.corrected + coalesce((page ->> 'corrected')::bigint, 0), attempts = 0, error = null, retry_at = null,
            -- whoever comes back after a night has not worked all night
            worked = r.worked + least(carry_analytics_rebuild.at - r.carried_at, interval '1 minute'), carried_at = carry_analytics_rebuild.at,
            status = case when page is null then 'done' else r.status end, finished_at = case when page is null then carry_analytics_rebuild.at end
        where r.id = job.id;
        if page is null then
            update tendril.analytics_state s set rebuilt_at = carry_analytics_rebuild.at;
        end if;
    exception
        -- passes by itself, and is no failure
        when transaction_rollback or lock_not_available or operator_intervention then raise;
        when others then
            update tendril.analytics_rebuilds r
            set attempts = r.attempts + 1, error = sqlerrm, retry_at = carry_analytics_rebuild.at + r.attempts * interval '30 seconds',
                status = case when r.attempts >= 4 then 'failed' else r.status end,
                finished_at = case when r.attempts >= 4 then carry_analytics_rebuild.at end
            where r.id = job.id;
    end;
    return tendril.describe_analytics_rebuild();
end;
$$;
