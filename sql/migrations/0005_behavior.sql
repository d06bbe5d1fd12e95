-- What users did, and what Telegram told us, kept until it is handled.
create table tendril.behavior_events (
    id bigint generated always as identity primary key,
    event_id text not null unique,
    user_id uuid not null references tendril.users on delete cascade,
    type text not null check (type <> ''),
    source text not null default 'api',
    metadata jsonb not null default '{}',
    occurred_at timestamptz not null,
    recorded_at timestamptz not null
);
create index behavior_events_of_user on tendril.behavior_events (user_id, type, occurred_at desc);

create table tendril.telegram_updates (
    update_id bigint primary key,
    -- private chats only have one user; updates of one user are handled in their order
    telegram_id bigint,
    payload jsonb not null,
    worker text,
    leased_until timestamptz,
    attempts int not null default 0,
    error text,
    received_at timestamptz not null,
    handled_at timestamptz
);
create index telegram_updates_waiting on tendril.telegram_updates (update_id) where handled_at is null;
