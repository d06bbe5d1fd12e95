-- Who was active on a day that is over is counted once, so that a question about a year reads a row for each day.

-- How many people did something in each span of a day, as the time zones of those who ask divide them. Rows are changes: all of a span
-- together say how many there are. A span without one has not been counted yet.
create table tendril.active_counts (
    since timestamptz not null,
    until timestamptz not null,
    people bigint not null
);
create index active_counts_of_span on tendril.active_counts (since, until);
-- Hours of which something was told late, or taken back; appended only, so that nobody waits for anybody.
create table tendril.active_marks (hour timestamptz not null);
-- Whatever happened before may have been forgotten, and is not counted anew.
alter table tendril.activity_state add column forgotten_before timestamptz not null default '-infinity';

-- Of one mail provider, and one step, single days are read without those of all others.
create index delivery_cells_of_provider on tendril.delivery_cells (mail_provider, message_step, day) where mail_provider is not null;
alter table tendril.delivery_cells set (fillfactor = 70);
