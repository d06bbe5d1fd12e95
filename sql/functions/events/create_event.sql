-- Makes an event, or one in each of so many weeks at the same time of the clocks in its zone; the same event of the same person
-- is made once. Gives the first.
create or replace function tendril.create_event(
    kind text, title text, starts_at timestamptz, timezone text default 'UTC', duration interval default '1 hour',
    description text default '', location text default null, join_url text default null, capacity int default null,
    weeks int default 1, created_by uuid default null, at timestamptz default tendril.clock()
)
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    first_event bigint;
    new_series text := case when create_event.weeks > 1 then gen_random_uuid()::text end;
begin
    perform tendril.check_time_zone(create_event.timezone);
    perform tendril.check_event(
        create_event.kind, create_event.title, create_event.duration, create_event.join_url, create_event.capacity);
    if create_event.weeks not between 1 and 52 then
        raise exception 'an event repeats for 1 to 52 weeks' using errcode = 'TN422', detail = 'weeks';
    end if;
    select e.id into first_event from tendril.events e
    where e.kind = create_event.kind and e.title = btrim(create_event.title) and e.starts_at = create_event.starts_at
        and e.created_by is not distinct from create_event.created_by and e.cancelled_at is null;
    if first_event is null then
        with made as (
            insert into tendril.events (
                kind, title, description, starts_at, duration, timezone, location, join_url, capacity, series, planned_on, created_by, created_at)
            select create_event.kind, btrim(create_event.title), create_event.description,
                case week when 0 then create_event.starts_at else tendril.instant(local.time, create_event.timezone) end,
                create_event.duration, create_event.timezone, create_event.location, create_event.join_url, create_event.capacity,
                new_series, local.time::date, create_event.created_by, create_event.at
            from generate_series(0, create_event.weeks - 1) as week,
                lateral (select (create_event.starts_at at time zone create_event.timezone) + make_interval(weeks => week) as time) local
            order by week
            returning id, starts_at
        )
        select m.id into first_event from made m order by m.starts_at limit 1;
    end if;
    return tendril.describe_event(first_event);
end;
$$;
