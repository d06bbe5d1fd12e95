-- What people attend: events with registrations and attendance; and pods, small groups whose weekly meetings are events.
create table tendril.pods (
    id bigint generated always as identity primary key,
    name text not null check (name <> ''),
    -- a weekly meeting is at the same time of the clocks in this zone, all year round
    timezone text not null references tendril.time_zones on update cascade,
    weekday int not null check (weekday between 1 and 7),
    local_time time not null,
    duration interval not null default '1 hour' check (duration > interval '0'),
    join_url text,
    capacity int not null default 10 check (capacity >= 1),
    invitation_code text not null unique,
    invitation_expires_at timestamptz not null,
    created_by uuid references tendril.users on delete set null,
    created_at timestamptz not null,
    archived_at timestamptz
);

create table tendril.pod_members (
    pod_id bigint not null references tendril.pods on delete cascade,
    user_id uuid not null references tendril.users on delete cascade,
    role text not null default 'member' check (role in ('host', 'member')),
    joined_at timestamptz not null,
    left_at timestamptz,
    primary key (pod_id, user_id)
);
create index pod_members_of_user on tendril.pod_members (user_id);

create table tendril.events (
    id bigint generated always as identity primary key,
    kind text not null check (kind in ('meeting', 'webinar', 'session')),
    title text not null check (title <> ''),
    description text not null default '',
    starts_at timestamptz not null,
    duration interval not null default '1 hour' check (duration > interval '0'),
    timezone text not null references tendril.time_zones on update cascade,
    location text,
    join_url text,
    capacity int check (capacity >= 1),
    pod_id bigint references tendril.pods on delete cascade,
    -- what repeats weekly; a date that was planned once stays taken, also when its event is moved or cancelled
    series text,
    planned_on date not null,
    created_by uuid references tendril.users on delete set null,
    created_at timestamptz not null,
    cancelled_at timestamptz,
    unique (series, planned_on)
);
create index events_by_start on tendril.events (starts_at);
create index events_of_pod on tendril.events (pod_id, starts_at) where pod_id is not null;

create table tendril.event_registrations (
    id bigint generated always as identity primary key,
    event_id bigint not null references tendril.events on delete cascade,
    user_id uuid not null references tendril.users on delete cascade,
    status text not null check (status in ('registered', 'waitlisted', 'cancelled')),
    source text not null,
    -- since when it has this status: who has waited longest is first
    at timestamptz not null,
    unique (event_id, user_id)
);
create index event_registrations_of_user on tendril.event_registrations (user_id);

create table tendril.event_attendance (
    event_id bigint not null references tendril.events on delete cascade,
    user_id uuid not null references tendril.users on delete cascade,
    attended boolean not null,
    recorded_by text not null,
    at timestamptz not null,
    primary key (event_id, user_id)
);
create index event_attendance_of_user on tendril.event_attendance (user_id);
