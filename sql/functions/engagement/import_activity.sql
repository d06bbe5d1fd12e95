-- Adds a page of somebody else's log to the days of its people, who are made where they are new: each event as the place of its
-- person in `users`, its second since 1970 and the place of its type in `types`. Nothing follows from it but what can be reckoned.
create or replace function tendril.import_activity(
    users uuid[], types text[], people int[], moments float8[], kinds int[], at timestamptz default tendril.clock()
)
returns int
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    added int;
begin
    insert into tendril.users (id, created_at)
    select distinct import_activity.users[p + 1], import_activity.at from unnest(import_activity.people) p
    on conflict (id) do nothing;
    with told as (
        select import_activity.users[l.person + 1] as user_id, import_activity.types[l.kind + 1] as type, to_timestamp(l.moment) as moment
        from unnest(import_activity.people, import_activity.moments, import_activity.kinds) as l (person, moment, kind)
    )
    insert into tendril.behavior_days as d (user_id, day, type, events, first_at, last_at, half_hours)
    select
        t.user_id, (t.moment at time zone 'UTC')::date, t.type, count(*), min(t.moment), max(t.moment),
        bit_or(tendril.half_hour(t.moment, 'UTC'))
    from told t
    group by 1, 2, 3
    on conflict (user_id, day, type) do update
    set events = d.events + excluded.events, first_at = least(d.first_at, excluded.first_at),
        last_at = greatest(d.last_at, excluded.last_at), half_hours = d.half_hours | excluded.half_hours;
    get diagnostics added = row_count;
    return added;
end;
$$;
