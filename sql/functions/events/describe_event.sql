-- Tells all of an event: when and where, who registered, who waits, who came; for a user also their own registration. Changes
-- nothing.
create or replace function tendril.describe_event(event_id bigint, user_id uuid default null)
returns jsonb
language plpgsql stable
set search_path = ''
as $$
#variable_conflict use_column
declare
    described jsonb;
begin
    select to_jsonb(e) || jsonb_build_object(
        'ends_at', e.starts_at + e.duration,
        'pod', (select p.name from tendril.pods p where p.id = e.pod_id),
        'registered', tendril.places_taken(e.id),
        'status', (
            select r.status from tendril.event_registrations r where r.event_id = e.id and r.user_id = describe_event.user_id),
        'people', (
            select coalesce(jsonb_agg(jsonb_build_object(
                'user_id', u.id, 'name', tendril.full_name(u), 'username', u.username, 'status', r.status, 'attended', a.attended)
                order by tendril.full_name(u), u.id), '[]')
            from (select * from tendril.event_registrations r where r.event_id = e.id) r
            full join (select * from tendril.event_attendance a where a.event_id = e.id) a using (user_id)
            join tendril.users u on u.id = user_id and u.deleted_at is null))
    into described
    from tendril.events e where e.id = describe_event.event_id;
    if described is null then
        raise exception 'no event %', describe_event.event_id using errcode = 'TN404', detail = 'event_id';
    end if;
    return described;
end;
$$;
