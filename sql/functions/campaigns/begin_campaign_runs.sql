-- Turns the times of a campaign that have come since the last look into runs, per time zone that has users where each recipient's own
-- clock counts; one that comes too late is noted as stale. Says when to look again, and when people are next enrolled.
create or replace function tendril.begin_campaign_runs(campaign tendril.campaigns, at timestamptz default tendril.clock())
returns void
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    zone text := tendril.campaign_clock(begin_campaign_runs.campaign);
    -- A day begins on the earth 14 hours before it does in UTC, and is over 12 hours, with a skipped one 13, after.
    opened timestamp := begin_campaign_runs.at at time zone 'UTC' + interval '14 hours';
    closed timestamp := begin_campaign_runs.at at time zone 'UTC' - interval '13 hours';
    remaining timestamp[] := array(
        select t.local_time from unnest((begin_campaign_runs.campaign).upcoming) as t (local_time) where t.local_time > closed order by 1);
    following timestamp := (select min(t.local_time) from unnest(remaining) as t (local_time) where t.local_time > opened);
    -- Known beforehand, so that no plan asks for the instant of a zone user by user.
    inhabited text[] := case when zone is null then array(select z.name from tendril.inhabited_zones() as z (name)) end;
    suffix text := case when (begin_campaign_runs.campaign).schedule ->> 'at' ~ '(Z|[+-]\d\d:\d\d)$' then 'Z' else '' end;
begin
    insert into tendril.campaign_runs (campaign_id, occurrence, zone, due_at, status, ended_at)
    select
        (begin_campaign_runs.campaign).id, to_char(come.local_time, 'YYYY-MM-DD"T"HH24:MI') || suffix, come.zone, come.due_at,
        case when come.is_stale then 'stale' else 'waiting' end, case when come.is_stale then begin_campaign_runs.at end
    from (
        select t.local_time, w.run_zone as zone, w.due_at, w.due_at < begin_campaign_runs.at - (begin_campaign_runs.campaign).stale_after as is_stale
        from unnest((begin_campaign_runs.campaign).upcoming) as t (local_time)
        cross join lateral tendril.instants_of(t.local_time, zone) w
        where t.local_time <= opened
    ) come
    where come.due_at > (begin_campaign_runs.campaign).looked_at and come.due_at <= begin_campaign_runs.at
        and (come.zone is null or come.zone = any (inhabited))
    order by come.due_at, come.zone
    on conflict (campaign_id, occurrence, zone) do nothing;

    update tendril.campaigns c
    set upcoming = remaining, looked_at = begin_campaign_runs.at,
        looks_at = case when zone is null
            then least(
                (select min(w.due_at) from unnest(remaining) as t (local_time)
                    cross join lateral tendril.instants_of(t.local_time, zone) w
                    where t.local_time <= opened and w.due_at > begin_campaign_runs.at),
                (following - interval '14 hours') at time zone 'UTC')
            else (select min(w.due_at) from unnest(remaining) as t (local_time)
                cross join lateral tendril.instants_of(t.local_time, zone) w where w.due_at > begin_campaign_runs.at) end,
        next_run_at = (
            select min(w.due_at) from unnest(remaining) as t (local_time)
            cross join lateral tendril.instants_of(t.local_time, zone) w
            where (t.local_time <= opened or t.local_time = following) and w.due_at > begin_campaign_runs.at
                and (w.run_zone is null or w.run_zone = any (inhabited)))
    where c.id = (begin_campaign_runs.campaign).id;
end;
$$;
