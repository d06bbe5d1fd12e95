-- Takes a user off an event: their reminders end, and who waits longest gets their place.
create or replace function tendril.cancel_registration(
    event_id bigint, user_id uuid, source text default 'api', at timestamptz default tendril.clock()
)
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    event tendril.events := tendril.lock_event(cancel_registration.event_id);
    ended bigint;
begin
    if event.starts_at + event.duration <= cancel_registration.at then
        raise exception 'the event is over' using errcode = 'TN409', detail = 'over';
    end if;
    update tendril.event_registrations r
    set status = 'cancelled', source = cancel_registration.source, at = cancel_registration.at
    where r.event_id = event.id and r.user_id = cancel_registration.user_id and r.status <> 'cancelled'
    returning r.id into ended;
    if ended is not null then
        perform tendril.end_reminders(array[ended], cancel_registration.at);
        perform tendril.record_registration(event, cancel_registration.user_id, 'registration_cancelled', cancel_registration.source, cancel_registration.at);
        perform tendril.promote_waiting(event.id, cancel_registration.at);
    end if;
    return jsonb_build_object('event_id', event.id, 'status', 'cancelled', 'changed', ended is not null);
end;
$$;
