-- One message to an audience: who wrote it, to whom, and how far it has come. Its messages are enrollments in the sequence
-- "broadcast" under the key "broadcast:<id>", with a version of their own.
create table tendril.broadcasts (
    id bigint generated always as identity primary key,
    status text not null default 'draft' check (status in ('draft', 'scheduled', 'sending', 'sent', 'stopped')),
    audience text not null,
    filter jsonb not null check (jsonb_typeof(filter) = 'object'),
    content jsonb not null check (jsonb_typeof(content) = 'object'),
    -- the version that is sent now, and all that there were: an edit makes another
    version_id bigint references tendril.sequence_versions,
    version_ids bigint[] not null default '{}',
    created_by uuid references tendril.users on delete set null,
    created_at timestamptz not null,
    -- when it begins; it may be later than the moment in which somebody decided so
    starts_at timestamptz,
    -- whom the planning has reached, in the order of their ids; when everybody is planned, and when everything has gone out
    after_user uuid,
    planned int not null default 0,
    planned_at timestamptz,
    ended_at timestamptz,
    -- what is to become of the messages that have gone out over Telegram, and who carries that out at this moment
    change text check (change in ('edit', 'delete')),
    changed_at timestamptz,
    change_lease uuid,
    change_leased_until timestamptz,
    change_ended_at timestamptz
);
create index broadcasts_changing on tendril.broadcasts (id) where change is not null and change_ended_at is null;
create index broadcasts_under_way on tendril.broadcasts (id) where status in ('scheduled', 'sending') or status = 'stopped' and ended_at is null;

-- Counting a broadcast's messages, and stopping them, must not look at anybody else's.
create index message_deliveries_of_broadcasts on tendril.message_deliveries (version_id, delivery_status) where sequence_type = 'broadcast';

-- Of each message that has gone out over Telegram and still stands there, to be edited or deleted.
create index message_deliveries_of_broadcasts_told on tendril.message_deliveries (version_id, id)
where sequence_type = 'broadcast' and channel = 'telegram' and sent_at is not null and not metadata ? 'deletion';

-- The message in an admin's chat that shows how far a broadcast has come, and what it says; one per admin.
create table tendril.broadcast_views (
    user_id uuid primary key references tendril.users on delete cascade,
    broadcast_id bigint not null references tendril.broadcasts on delete cascade,
    chat_id bigint not null,
    message_id bigint not null,
    shown jsonb,
    shown_at timestamptz not null,
    is_live boolean not null default true
);
create index broadcast_views_live on tendril.broadcast_views (broadcast_id) where is_live;
