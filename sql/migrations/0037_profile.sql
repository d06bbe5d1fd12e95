-- How each user learns best, as they chose or as their behavior tells; and how many people are active, by day.

-- What of behavior speaks for which value of a field of the profile; from engagement/profile.toml.
create table tendril.profile_rules (
    field text not null,
    value text not null,
    -- days with such a behavior event, or one whose metadata has all of this ...
    event_type text,
    metadata jsonb,
    -- ... days on which something was done in one of these half-hours, as in behavior_days ...
    half_hours bigint,
    -- ... or weeks in which something was done on so many days
    least_days int,
    most_days int,
    weight float8 not null check (weight > 0),
    check (num_nonnulls(event_type, half_hours, least_days) = 1 and num_nonnulls(least_days, most_days) <> 1)
);
-- How much is said of a field without any evidence, and from how much of it on it counts.
create table tendril.profile_fields (
    field text primary key,
    position int not null,
    values text[] not null,
    -- whether several values may hold at once
    is_list boolean not null,
    prior float8 not null check (prior > 0),
    least_confidence float8 not null check (least_confidence between 0 and 1)
);

-- `chosen` wins over `inferred`; what is neither is not known.
create table tendril.profiles (
    user_id uuid primary key references tendril.users on delete cascade,
    -- {field: {value, confidence}}
    inferred jsonb not null default '{}' check (jsonb_typeof(inferred) = 'object'),
    -- {field: value}
    chosen jsonb not null default '{}' check (jsonb_typeof(chosen) = 'object'),
    -- what holds of these, {field: value}
    known jsonb not null default '{}' check (jsonb_typeof(known) = 'object'),
    inferred_at timestamptz,
    chosen_at timestamptz
);

-- Days on which something was recorded since they were last counted; appended only, so that nobody waits for anybody.
create table tendril.activity_marks (day date not null);
-- How many people did something, and how often, on a day of their own calendars; of all types together where the type is ''.
create table tendril.activity_days (
    day date not null,
    type text not null,
    people bigint not null,
    events bigint not null,
    primary key (day, type)
);
-- Of those who signed up on a day (UTC), how many came back on another day within a week, and within thirty days; counted when
-- that time is over.
create table tendril.activation_days (
    signed_up_on date primary key,
    people bigint not null,
    within_7 bigint not null,
    within_30 bigint
);
-- How far the rounds have come: which days profiles and activations have been reckoned to, and after whom a round goes on.
create table tendril.activity_state (
    only_row boolean primary key default true check (only_row),
    counted_at timestamptz,
    profiled_day date,
    profiled_user uuid
);
insert into tendril.activity_state default values;

create index behavior_days_by_day on tendril.behavior_days (day, user_id);
insert into tendril.activity_marks (day) select distinct d.day from tendril.behavior_days d;
