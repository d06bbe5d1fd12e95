-- Changes what an event says of itself (title, description, starts_at, duration, location, join_url, capacity). When it moves,
-- the reminders move with it and those registered are told; when it grows, those who wait get in.
create or replace function tendril.change_event(event_id bigint, changes jsonb, at timestamptz default tendril.clock())
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    before tendril.events := tendril.lock_event(change_event.event_id);
    after tendril.events;
    wrong text := (
        select min(key) from jsonb_object_keys(change_event.changes) as key
        where key not in ('title', 'description', 'starts_at', 'duration', 'location', 'join_url', 'capacity'));
    concerned bigint[] := array(
        select r.id from tendril.event_registrations r
        where r.event_id = before.id and r.status = 'registered' order by r.user_id);
begin
    if wrong is not null then
        raise exception 'an event has no "%" to change', wrong using errcode = 'TN422', detail = wrong;
    elsif before.cancelled_at is not null then
        raise exception 'the event is cancelled' using errcode = 'TN409', detail = 'cancelled';
    end if;
    after := jsonb_populate_record(before, change_event.changes);
    perform tendril.check_event(after.kind, after.title, after.duration, after.join_url, after.capacity);
    update tendril.events e
    set title = after.title, description = after.description, starts_at = after.starts_at, duration = after.duration,
        location = after.location, join_url = after.join_url, capacity = after.capacity
    where e.id = before.id;
    if after.starts_at <> before.starts_at then
        perform tendril.end_reminders(concerned, change_event.at);
        perform tendril.start_reminders(concerned, change_event.at);
        perform tendril.tell_of_event(concerned, 'moved', change_event.at);
    else
        update tendril.enrollments e set context = e.context - 'join_url' - 'location' || tendril.event_context(after)
        where e.user_id in (select r.user_id from tendril.event_registrations r where r.id = any (concerned))
            and e.sequence = 'meeting_reminder' and e.key = 'event:' || before.id and e.status in ('active', 'paused');
    end if;
    perform tendril.promote_waiting(before.id, change_event.at);
    return tendril.describe_event(before.id);
end;
$$;
