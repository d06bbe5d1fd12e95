-- Counts everything anew at once, in one transaction, from the beginning also where that is under way; says how many messages there are.
create or replace function tendril.rebuild_analytics(batch int default 5000, at timestamptz default tendril.clock())
returns bigint
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    job jsonb;
begin
    perform tendril.begin_analytics_rebuild(rebuild_analytics.at);
    -- Whoever is about a page of it ends that one, and finds no other.
    perform from tendril.analytics_rebuilds r where r.status = 'running' for update;
    update tendril.analytics_rebuilds r
    set stage = 'messages', reached = null, upto = null, done = 0, total = null, corrected = 0, attempts = 0, error = null, retry_at = null
    where r.status = 'running';
    while tendril.carry_analytics_rebuild(rebuild_analytics.batch, rebuild_analytics.at) is not null loop
    end loop;
    job := tendril.describe_analytics_rebuild();
    if job ->> 'status' <> 'done' then
        raise exception 'not everything could be counted anew: %', job ->> 'error';
    end if;
    return (job ->> 'done')::bigint;
end;
$$;
