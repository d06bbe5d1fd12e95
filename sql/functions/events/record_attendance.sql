-- Writes down who came to an event and who did not ([{user_id, attended}]), or corrects it; the behavior events of it
-- (meeting_attended, meeting_missed) are recorded once each. Says how many entries are new or different.
create or replace function tendril.record_attendance(
    event_id bigint, attendance jsonb, recorded_by text, at timestamptz default tendril.clock()
)
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    event tendril.events := tendril.lock_event(record_attendance.event_id);
    news jsonb;
begin
    if event.cancelled_at is not null then
        raise exception 'the event is cancelled' using errcode = 'TN409', detail = 'cancelled';
    elsif event.starts_at - interval '1 hour' > record_attendance.at then
        raise exception 'the event has not begun' using errcode = 'TN409', detail = 'not_begun';
    end if;
    with written as (
        insert into tendril.event_attendance as a (event_id, user_id, attended, recorded_by, at)
        select event.id, u.id, bool_or(g.attended), record_attendance.recorded_by, record_attendance.at
        from jsonb_to_recordset(record_attendance.attendance) as g (user_id uuid, attended boolean)
        join tendril.users u on u.id = g.user_id
        where g.attended is not null
        group by u.id order by u.id
        on conflict (event_id, user_id) do update
        set attended = excluded.attended, recorded_by = excluded.recorded_by, at = excluded.at
        where a.attended <> excluded.attended
        returning a.user_id, a.attended
    )
    select coalesce(jsonb_agg(jsonb_build_object(
        'event_id', concat_ws(':', 'event', event.id, w.user_id, case when w.attended then 'attended' else 'missed' end),
        'user_id', w.user_id, 'type', case when w.attended then 'meeting_attended' else 'meeting_missed' end, 'source', 'admin',
        'metadata', jsonb_strip_nulls(jsonb_build_object(
            'event_id', event.id, 'kind', event.kind, 'title', event.title, 'pod_id', event.pod_id)))), '[]')
    into news from written w;
    perform tendril.record_behavior_events(news, record_attendance.at);
    return jsonb_build_object('event_id', event.id, 'changed', jsonb_array_length(news));
end;
$$;
