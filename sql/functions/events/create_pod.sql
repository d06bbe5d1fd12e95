-- Makes a pod that meets weekly on a weekday (1 is Monday) at a local time of its zone, with its founder as host and its next
-- meetings planned; the same pod of the same founder is made once.
create or replace function tendril.create_pod(
    name text, timezone text, weekday int, local_time time, join_url text default null, duration interval default '1 hour',
    capacity int default 10, created_by uuid default null, at timestamptz default tendril.clock()
)
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    new_pod bigint;
begin
    perform tendril.check_time_zone(create_pod.timezone);
    perform tendril.check_event('meeting', create_pod.name, create_pod.duration, create_pod.join_url, create_pod.capacity);
    if create_pod.weekday not between 1 and 7 then
        raise exception 'a weekday is 1 (Monday) to 7' using errcode = 'TN422', detail = 'weekday';
    elsif create_pod.capacity > 60 then
        raise exception 'a pod has room for up to 60 people' using errcode = 'TN422', detail = 'capacity',
            hint = 'It is a small group; its page is one message.';
    end if;
    select p.id into new_pod from tendril.pods p
    where p.name = btrim(create_pod.name) and p.created_by = create_pod.created_by and p.timezone = create_pod.timezone
        and p.weekday = create_pod.weekday and p.local_time = create_pod.local_time and p.archived_at is null;
    if new_pod is null then
        insert into tendril.pods (
            name, timezone, weekday, local_time, duration, join_url, capacity, invitation_code, invitation_expires_at, created_by, created_at)
        values (btrim(create_pod.name), create_pod.timezone, create_pod.weekday, create_pod.local_time, create_pod.duration,
            create_pod.join_url, create_pod.capacity, tendril.invitation_code(), create_pod.at + interval '30 days',
            create_pod.created_by, create_pod.at)
        returning id into new_pod;
        if create_pod.created_by is not null then
            insert into tendril.pod_members (pod_id, user_id, role, joined_at)
            values (new_pod, create_pod.created_by, 'host', create_pod.at);
        end if;
        perform tendril.plan_pod_meetings(create_pod.at);
    end if;
    return tendril.describe_pod(new_pod, create_pod.created_by, create_pod.at);
end;
$$;
