-- Duties that one process at a time has, such as asking Telegram for updates; and the way to updates that may be forgotten.
create table tendril.duties (
    name text primary key,
    holder text not null,
    leased_until timestamptz not null
);

create index telegram_updates_handled on tendril.telegram_updates (handled_at) where handled_at is not null;
