-- Up to when the passing of time was noticed: nobody is noticed twice, and nobody is missed while no process ran.
create table tendril.time_notices (
    only_row boolean primary key default true check (only_row),
    noticed_at timestamptz not null
);

create index users_by_activity on tendril.users (last_active_at) where deleted_at is null;
