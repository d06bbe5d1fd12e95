-- Lists events by their beginning, those that somebody is registered for or all, of a kind, a pod or a time; changes nothing.
create or replace function tendril.list_events(
    user_id uuid default null, kind text default null, pod_id bigint default null, since timestamptz default null,
    until timestamptz default null, with_cancelled boolean default false, limit_to int default 50
)
returns table (
    event_id bigint, kind text, title text, starts_at timestamptz, ends_at timestamptz, timezone text, join_url text, location text,
    pod_id bigint, pod text, capacity int, registered int, status text, attended boolean, cancelled_at timestamptz
)
language sql stable
set search_path = ''
as $$
    select e.id, e.kind, e.title, e.starts_at, e.starts_at + e.duration, e.timezone, e.join_url, e.location, e.pod_id, p.name,
        e.capacity, tendril.places_taken(e.id), r.status, a.attended, e.cancelled_at
    from tendril.events e
    left join tendril.pods p on p.id = e.pod_id
    left join tendril.event_registrations r on r.event_id = e.id and r.user_id = list_events.user_id
    left join tendril.event_attendance a on a.event_id = e.id and a.user_id = list_events.user_id
    where (list_events.user_id is null or r.status is not null or a.attended is not null)
        and (list_events.kind is null or e.kind = list_events.kind)
        and (list_events.pod_id is null or e.pod_id = list_events.pod_id)
        and (list_events.since is null or e.starts_at >= list_events.since)
        and (list_events.until is null or e.starts_at < list_events.until)
        and (list_events.with_cancelled or e.cancelled_at is null)
    order by e.starts_at, e.id
    limit least(list_events.limit_to, 1000);
$$;
