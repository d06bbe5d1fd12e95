-- Cancels an event: everybody's reminders end, and those who had a place or waited for one are told, unless it is done quietly.
create or replace function tendril.cancel_event(event_id bigint, quietly boolean default false, at timestamptz default tendril.clock())
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    event tendril.events := tendril.lock_event(cancel_event.event_id);
    concerned bigint[] := array(
        select r.id from tendril.event_registrations r
        where r.event_id = event.id and r.status <> 'cancelled' order by r.user_id);
begin
    if event.cancelled_at is null then
        if event.starts_at + event.duration <= cancel_event.at then
            raise exception 'the event is over' using errcode = 'TN409', detail = 'over';
        end if;
        update tendril.events e set cancelled_at = cancel_event.at where e.id = event.id;
        perform tendril.end_reminders(concerned, cancel_event.at);
        if not cancel_event.quietly then
            perform tendril.tell_of_event(concerned, 'cancelled', cancel_event.at);
        end if;
    end if;
    return tendril.describe_event(event.id);
end;
$$;
