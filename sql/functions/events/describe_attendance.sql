-- Tells how many events somebody came to, of how many for which it was written down, and the latest of them; changes nothing.
create or replace function tendril.describe_attendance(user_id uuid, latest int default 8)
returns jsonb
language sql stable
set search_path = ''
as $$
    with recorded as (
        select e.id, e.title, e.starts_at, e.kind, a.attended
        from tendril.event_attendance a join tendril.events e on e.id = a.event_id
        where a.user_id = describe_attendance.user_id
    )
    select jsonb_build_object(
        'attended', count(*) filter (where r.attended), 'recorded', count(*),
        'latest', (
            select coalesce(jsonb_agg(to_jsonb(l) order by l.starts_at desc), '[]')
            from (select * from recorded order by starts_at desc limit describe_attendance.latest) l))
    from recorded r;
$$;
