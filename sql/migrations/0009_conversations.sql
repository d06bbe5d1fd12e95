-- The question that waits for somebody's answer: one at a time, and it survives a restart.
create table tendril.dialogues (
    user_id uuid primary key references tendril.users on delete cascade,
    name text not null check (name <> ''),
    state jsonb not null default '{}' check (jsonb_typeof(state) = 'object'),
    begun_at timestamptz not null,
    expires_at timestamptz not null
);
