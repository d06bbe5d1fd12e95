-- Registers a user for an event and begins their reminders, or puts them on the waiting list where it is full; who has
-- registered already keeps their place. The meetings of a pod are for its members.
create or replace function tendril.register_for_event(
    event_id bigint, user_id uuid, source text default 'api', at timestamptz default tendril.clock()
)
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    event tendril.events := tendril.lock_event(register_for_event.event_id);
    known tendril.event_registrations;
    changed bigint;
begin
    select r.* into known from tendril.event_registrations r
    where r.event_id = event.id and r.user_id = register_for_event.user_id;
    if known.status is null or known.status = 'cancelled' then
        if event.cancelled_at is not null then
            raise exception 'the event is cancelled' using errcode = 'TN409', detail = 'cancelled';
        elsif event.starts_at + event.duration <= register_for_event.at then
            raise exception 'the event is over' using errcode = 'TN409', detail = 'over';
        elsif event.pod_id is not null and not exists (
            select from tendril.pod_members m
            where m.pod_id = event.pod_id and m.user_id = register_for_event.user_id and m.left_at is null
        ) then
            raise exception 'only members come to the meetings of a pod' using errcode = 'TN409', detail = 'not_a_member';
        end if;
        perform from tendril.users u where u.id = register_for_event.user_id and u.deleted_at is null for key share;
        if not found then
            raise exception 'no user %', register_for_event.user_id using errcode = 'TN404', detail = 'user';
        end if;
        insert into tendril.event_registrations as r (event_id, user_id, status, source, at)
        values (event.id, register_for_event.user_id,
            case when event.capacity <= tendril.places_taken(event.id) then 'waitlisted' else 'registered' end,
            register_for_event.source, register_for_event.at)
        on conflict (event_id, user_id) do update set status = excluded.status, source = excluded.source, at = excluded.at
        returning r.id, r.status into changed, known.status;
        perform tendril.start_reminders(array[changed], register_for_event.at);
        perform tendril.record_registration(event, register_for_event.user_id, 'meeting_registered', register_for_event.source, register_for_event.at);
    end if;
    return jsonb_build_object('event_id', event.id, 'status', known.status, 'changed', changed is not null);
end;
$$;
