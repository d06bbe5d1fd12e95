-- What people did, rolled up by day and type: what scores, signals and reports are reckoned from.

create table tendril.behavior_days (
    user_id uuid not null references tendril.users on delete cascade,
    -- as the user's calendar had it then: who travels keeps their history
    day date not null,
    type text not null,
    events int not null,
    first_at timestamptz not null,
    last_at timestamptz not null,
    -- the half-hours of that day in which something happened, the lowest bit being the one after midnight: it stays right in
    -- whatever order events come, and tells visits (what happens in neighboring half-hours is one) and hours of the day
    half_hours bigint not null,
    primary key (user_id, day, type)
);

insert into tendril.behavior_days (user_id, day, type, events, first_at, last_at, half_hours)
select
    b.user_id, (b.occurred_at at time zone u.timezone)::date, b.type, count(*), min(b.occurred_at), max(b.occurred_at),
    bit_or(1::bigint << (extract(hour from b.occurred_at at time zone u.timezone)::int * 2
        + extract(minute from b.occurred_at at time zone u.timezone)::int / 30))
from tendril.behavior_events b join tendril.users u on u.id = b.user_id
where b.source not in ('clock', 'admin')
group by 1, 2, 3;
