-- How far the last counting anew has come, how fast it is, and whether it ended well; null if there was none. Changes nothing.
create or replace function tendril.describe_analytics_rebuild()
returns jsonb
language sql stable
set search_path = ''
as $$
    select jsonb_build_object(
        'id', r.id, 'status', r.status, 'stage', case when r.status <> 'done' then r.stage end, 'done', r.done, 'total', r.total,
        'corrected', r.corrected, 'per_second', case when r.worked > '0' then round(r.done / date_part('epoch', r.worked)::numeric) end,
        'began_at', r.began_at, 'carried_at', r.carried_at, 'finished_at', r.finished_at, 'attempts', r.attempts, 'error', r.error,
        'retry_at', r.retry_at)
    from tendril.analytics_rebuilds r
    order by r.id desc limit 1;
$$;
