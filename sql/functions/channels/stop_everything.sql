-- Stops all that is not transactional for a user, at once: running enrollments end, what was planned is cancelled.
create or replace function tendril.stop_everything(user_id uuid, source text, at timestamptz default tendril.clock())
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    ended int;
begin
    perform tendril.lock_runs(array[stop_everything.user_id]);
    update tendril.user_preferences p set stopped_at = coalesce(p.stopped_at, stop_everything.at)
    where p.user_id = stop_everything.user_id;
    with cancelled as (
        update tendril.enrollments e
        set status = 'cancelled', status_reason = 'user_stopped', ended_at = stop_everything.at
        from tendril.sequences s
        where e.user_id = stop_everything.user_id and e.status in ('active', 'paused')
            and s.name = e.sequence and coalesce(e.message_class, s.message_class) <> 'transactional'
        returning e.id
    ), dropped as (
        update tendril.message_deliveries d
        set delivery_status = 'cancelled', reason = 'user_stopped'
        from cancelled c
        where d.enrollment_id = c.id and d.delivery_status = 'pending'
    )
    select count(*) into ended from cancelled;
    perform tendril.record_behavior_events(jsonb_build_array(jsonb_build_object(
        'event_id', 'user_stopped:' || stop_everything.user_id || ':' || extract(epoch from stop_everything.at), 'user_id', stop_everything.user_id,
        'type', 'user_stopped', 'source', stop_everything.source, 'occurred_at', stop_everything.at)), stop_everything.at);
    perform tendril.announce_unsubscribe(stop_everything.user_id, 'everything',
        concat_ws(':', stop_everything.user_id, extract(epoch from stop_everything.at)),
        jsonb_build_object('source', stop_everything.source), stop_everything.at);
    return jsonb_build_object('cancelled', ended);
end;
$$;
