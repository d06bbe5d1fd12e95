-- Users, the addresses we reach them at, what they prefer, and the addresses nobody may write to.
create table tendril.users (
    id uuid primary key default gen_random_uuid(),
    external_id text unique,
    first_name text,
    last_name text,
    username text,
    locale text,
    timezone text not null default 'UTC' references tendril.time_zones on update cascade,
    attributes jsonb not null default '{}' check (jsonb_typeof(attributes) = 'object'),
    roles text[] not null default '{}',
    source text,
    last_active_at timestamptz,
    deleted_at timestamptz,
    created_at timestamptz not null
);

create table tendril.contact_points (
    id bigint generated always as identity primary key,
    user_id uuid not null references tendril.users on delete cascade,
    channel text not null check (channel in ('telegram', 'email', 'sms', 'push', 'in_app')),
    address text not null check (address <> ''),
    state text not null check (state in ('unverified', 'active', 'unreachable', 'suppressed')),
    state_reason text,
    opt_in_sequences boolean not null default true,
    opt_in_announcements boolean not null default true,
    opt_in_reminders boolean not null default true,
    unsubscribed_at timestamptz,
    verification_token text,
    verification_sent_at timestamptz,
    verification_expires_at timestamptz,
    verification_attempts int not null default 0,
    verified_at timestamptz,
    created_at timestamptz not null,
    unique (user_id, channel, address)
);
-- Anybody may claim an address; only one user can have proved it, and a user has one proved address per channel.
create unique index contact_points_address on tendril.contact_points (channel, address) where state <> 'unverified';
create unique index contact_points_of_user on tendril.contact_points (user_id, channel) where state <> 'unverified';

create table tendril.user_preferences (
    user_id uuid primary key references tendril.users on delete cascade,
    preferred_channel text check (preferred_channel in ('telegram', 'email', 'sms', 'push', 'in_app')),
    learned_channel text,
    preferred_time text not null default 'morning' check (preferred_time in ('morning', 'afternoon', 'evening')),
    quiet_from time not null default '22:00',
    quiet_until time not null default '08:00',
    paused_until timestamptz,
    max_per_day int not null default 3 check (max_per_day between 0 and 100),
    stopped_at timestamptz
);

-- Only the hash is needed to refuse an address, so a suppression outlives the user's data.
create table tendril.suppressions (
    channel text not null,
    address_hash bytea not null,
    reason text not null check (reason in ('hard_bounce', 'complaint', 'soft_bounces', 'provider', 'manual')),
    at timestamptz not null,
    primary key (channel, address_hash)
);

create table tendril.link_codes (
    code text primary key,
    user_id uuid not null references tendril.users on delete cascade,
    expires_at timestamptz not null,
    used_at timestamptz
);
