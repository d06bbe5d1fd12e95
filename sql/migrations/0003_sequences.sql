-- Sequences with immutable versions, their steps as the gate reads them, and each user's run through one.
create table tendril.sequences (
    name text primary key,
    title text not null,
    description text not null default '',
    message_class text not null check (message_class in ('transactional', 'sequence', 'announcement', 'reminder')),
    trigger jsonb,
    current_version_id bigint,
    paused_at timestamptz,
    archived_at timestamptz,
    created_at timestamptz not null
);
create index sequences_by_trigger on tendril.sequences ((trigger ->> 'event')) where trigger is not null;

create table tendril.sequence_versions (
    id bigint generated always as identity primary key,
    sequence text not null references tendril.sequences,
    number int not null,
    definition jsonb not null,
    checksum text not null,
    created_at timestamptz not null,
    unique (sequence, number)
);
alter table tendril.sequences
    add foreign key (current_version_id) references tendril.sequence_versions;

create table tendril.sequence_steps (
    version_id bigint not null references tendril.sequence_versions on delete cascade,
    position int not null check (position >= 1),
    name text not null,
    message_class text not null check (message_class in ('transactional', 'sequence', 'announcement', 'reminder')),
    anchor text not null check (anchor in ('enrollment', 'previous') or anchor like 'context.%'),
    after interval not null,
    local_time time,
    at_preferred_time boolean not null default false,
    weekdays int[],
    channels text[] not null check (cardinality(channels) >= 1),
    fallback text not null check (fallback in ('none', 'on_failure', 'no_engagement', 'both')),
    fallback_after interval,
    condition jsonb,
    stale_after interval,
    quiet_hours boolean not null default true,
    at_most_once boolean not null default false,
    max_attempts int not null default 5 check (max_attempts >= 1),
    recipient_field text,
    primary key (version_id, position),
    check (fallback <> 'no_engagement' or fallback_after is not null)
);

create table tendril.enrollments (
    id bigint generated always as identity primary key,
    user_id uuid not null references tendril.users on delete cascade,
    sequence text not null references tendril.sequences,
    version_id bigint not null references tendril.sequence_versions,
    key text not null default '',
    status text not null default 'active' check (status in ('active', 'paused', 'completed', 'cancelled')),
    status_reason text,
    context jsonb not null default '{}' check (jsonb_typeof(context) = 'object'),
    source text,
    -- where this run departs from what its steps say: a message that an admin sends names its own channels and class
    channels text[] check (cardinality(channels) >= 1),
    message_class text check (message_class in ('transactional', 'sequence', 'announcement', 'reminder')),
    -- the number of the last step that came to an end, and when it did
    current_step int not null default 0,
    stepped_at timestamptz not null,
    -- what "after" counts from: the start of the enrollment, moved by the length of its pauses
    anchor_at timestamptz not null,
    enrolled_at timestamptz not null,
    ended_at timestamptz,
    paused_at timestamptz
);
create unique index enrollments_one_running on tendril.enrollments (user_id, sequence, key) where status in ('active', 'paused');
create index enrollments_of_user on tendril.enrollments (user_id, sequence, enrolled_at desc);
create index enrollments_running on tendril.enrollments (id) where status in ('active', 'paused');
