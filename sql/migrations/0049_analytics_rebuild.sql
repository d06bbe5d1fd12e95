-- Counting everything anew is a job: begun once, done in pages, and carried on by whoever comes next.

create table tendril.analytics_rebuilds (
    id bigint generated always as identity primary key,
    status text not null default 'running' check (status in ('running', 'done', 'failed')),
    -- the stages follow each other in this order
    stage text not null default 'messages' check (stage in ('messages', 'deleted', 'days', 'months', 'places', 'weeks', 'cohorts')),
    -- how far the stage has come and how far it goes: in numbers of enrollments, of deliveries, or of days since 1970; null: not begun
    reached bigint,
    upto bigint,
    -- messages that were judged, of how many, and how many of them had been counted as something else
    done bigint not null default 0,
    total bigint,
    corrected bigint not null default 0,
    began_at timestamptz not null,
    -- when its last page ended, and how long there was somebody about it
    carried_at timestamptz not null,
    worked interval not null default '0',
    finished_at timestamptz,
    attempts int not null default 0,
    error text,
    retry_at timestamptz
);
create unique index analytics_rebuilds_running on tendril.analytics_rebuilds (status) where status = 'running';
