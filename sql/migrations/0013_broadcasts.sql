-- One message to an audience: who wrote it, to whom, and how far it has come. Its messages are enrollments in the sequence
-- "broadcast" under the key "broadcast:<id>", with a version of their own.
create table tendril.broadcasts (
    id bigint generated always as identity primary key,
    status text not null default 'draft' check (status in ('draft', 'scheduled', 'sending', 'sent', 'stopped')),
    audience text not null,
    filter jsonb not null check (jsonb_typeof(filter) = 'object'),
    content jsonb not null check (jsonb_typeof(content) = 'object'),
    version_id bigint references tendril.sequence_versions,
    created_by uuid references tendril.users on delete set null,
    created_at timestamptz not null,
    -- when it begins; it may be later than the moment in which somebody decided so
    starts_at timestamptz,
    -- whom the planning has reached, in the order of their ids; when everybody is planned, and when everything has gone out
    after_user uuid,
    planned int not null default 0,
    planned_at timestamptz,
    ended_at timestamptz
);
create index broadcasts_under_way on tendril.broadcasts (id) where status in ('scheduled', 'sending') or status = 'stopped' and ended_at is null;

-- Counting a broadcast's messages, and stopping them, must not look at anybody else's.
create index message_deliveries_of_broadcasts on tendril.message_deliveries (version_id, delivery_status) where sequence_type = 'broadcast';
