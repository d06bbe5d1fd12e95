-- Lists the pods of a user, or all there are, with how many belong to them; changes nothing.
create or replace function tendril.list_pods(user_id uuid default null)
returns table (pod_id bigint, name text, timezone text, weekday int, local_time time, members int, capacity int)
language sql stable
set search_path = ''
as $$
    select p.id, p.name, p.timezone, p.weekday, p.local_time,
        (select count(*)::int from tendril.pod_members m where m.pod_id = p.id and m.left_at is null), p.capacity
    from tendril.pods p
    where p.archived_at is null and (list_pods.user_id is null or exists (
        select from tendril.pod_members m where m.pod_id = p.id and m.user_id = list_pods.user_id and m.left_at is null))
    order by p.name, p.id
    limit 200;
$$;
