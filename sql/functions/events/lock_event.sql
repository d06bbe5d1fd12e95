-- Locks an event, so that places are given one by one, and gives it.
create or replace function tendril.lock_event(event_id bigint)
returns tendril.events
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    locked tendril.events;
begin
    select e.* into locked from tendril.events e where e.id = lock_event.event_id for no key update;
    if not found then
        raise exception 'no event %', lock_event.event_id using errcode = 'TN404', detail = 'event_id';
    end if;
    return locked;
end;
$$;
