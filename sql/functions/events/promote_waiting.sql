-- Gives free places in an event to those who have waited longest, tells them and begins their reminders.
create or replace function tendril.promote_waiting(event_id bigint, at timestamptz default tendril.clock())
returns int
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    event tendril.events := tendril.lock_event(promote_waiting.event_id);
    promoted bigint[];
begin
    if event.cancelled_at is not null or event.starts_at <= promote_waiting.at then
        return 0;
    end if;
    with waiting as (
        select r.id from tendril.event_registrations r
        where r.event_id = event.id and r.status = 'waitlisted'
        order by r.at, r.id
        limit greatest(event.capacity - tendril.places_taken(event.id), 0)
    ), seated as (
        update tendril.event_registrations r set status = 'registered', at = promote_waiting.at
        from waiting w where r.id = w.id
        returning r.id
    )
    select coalesce(array_agg(id), '{}') into promoted from seated;
    perform tendril.start_reminders(promoted, promote_waiting.at);
    perform tendril.tell_of_event(promoted, 'place', promote_waiting.at);
    return cardinality(promoted);
end;
$$;
