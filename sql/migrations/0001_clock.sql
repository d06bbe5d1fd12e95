-- The schema, the one clock, the time zones that may be stored, and the record of what admins did.
create schema if not exists tendril;

create table tendril.clock (
    only_row boolean primary key default true check (only_row),
    moved_by interval not null default interval '0'
);
insert into tendril.clock default values;

-- A zone that PostgreSQL does not know would fail a whole batch at send time; a foreign key refuses it at the door.
create table tendril.time_zones (
    name text primary key
);
insert into tendril.time_zones
select name from pg_catalog.pg_timezone_names where name !~ '^(posix|right)/' and name <> 'localtime';

create table tendril.audit_log (
    id bigint generated always as identity primary key,
    actor text not null,
    action text not null,
    subject text,
    details jsonb not null default '{}',
    at timestamptz not null
);
create index audit_log_by_time on tendril.audit_log (at desc);
