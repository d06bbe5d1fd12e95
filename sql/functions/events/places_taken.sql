-- Counts who holds a place in an event; changes nothing.
create or replace function tendril.places_taken(event_id bigint)
returns int
language sql stable
set search_path = ''
as $$
    select count(*)::int from tendril.event_registrations r where r.event_id = places_taken.event_id and r.status = 'registered';
$$;
