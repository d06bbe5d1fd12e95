-- Counts for each member of a pod the commitments kept in its present week, Monday to Sunday in its zone, and those that were
-- due or kept in it; changes nothing.
create or replace function tendril.pod_week(pod_id bigint, at timestamptz default tendril.clock())
returns table (user_id uuid, kept int, of_all int)
language plpgsql stable
set search_path = ''
as $$
#variable_conflict use_column
declare
    zone text := (select p.timezone from tendril.pods p where p.id = pod_week.pod_id);
    monday date := date_trunc('week', pod_week.at at time zone zone)::date;
    week tstzrange := tstzrange(tendril.instant(monday, zone), tendril.instant(monday + 7, zone));
begin
    return query
    select m.user_id,
        count(*) filter (where week @> c.completed_at)::int,
        count(*) filter (where week @> c.completed_at or week @> c.due_at and c.completed_at is null and c.status <> 'dropped')::int
    from tendril.pod_members m
    left join tendril.commitments c on c.user_id = m.user_id
        and (c.completed_at >= lower(week) or c.due_at >= lower(week))
    where m.pod_id = pod_week.pod_id and m.left_at is null
    group by m.user_id;
end;
$$;
