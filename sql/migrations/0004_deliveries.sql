-- The ledger: one row per user, step and channel; and everything that ever happened to a row of it.
create table tendril.message_deliveries (
    id bigint generated always as identity primary key,
    enrollment_id bigint not null references tendril.enrollments on delete cascade,
    user_id uuid not null references tendril.users on delete cascade,
    version_id bigint not null,
    sequence_type text not null,
    message_step int not null,
    message_class text not null,
    channel text not null,
    delivery_status text not null default 'pending' check (delivery_status in (
        'pending', 'sending', 'sent', 'delivered', 'opened', 'clicked',
        'failed', 'bounced', 'complained', 'skipped', 'cancelled', 'unknown', 'parked')),
    reason text,
    recipient_address text,
    message_content jsonb,
    scheduled_at timestamptz not null,
    -- when to look at it next: scheduled_at at first, later where a hold or a retry put it
    next_attempt_at timestamptz not null,
    sent_at timestamptz,
    delivered_at timestamptz,
    opened_at timestamptz,
    clicked_at timestamptz,
    failed_at timestamptz,
    failure_reason text,
    tracking_id uuid not null default gen_random_uuid(),
    attempt_count int not null default 0,
    max_attempts int not null default 5,
    provider_message_id text,
    fallback_of bigint,
    fallback_at timestamptz,
    possibly_duplicate boolean not null default false,
    send_alone boolean not null default false,
    worker text,
    lease_token uuid,
    leased_until timestamptz,
    batch_key text,
    batch_position int,
    batch_started_at timestamptz,
    metadata jsonb not null default '{}',
    created_at timestamptz not null,
    unique (enrollment_id, message_step, channel),
    foreign key (version_id, message_step) references tendril.sequence_steps (version_id, position)
);
create unique index message_deliveries_tracking on tendril.message_deliveries (tracking_id);
create index message_deliveries_due on tendril.message_deliveries (channel, next_attempt_at) where delivery_status = 'pending';
create index message_deliveries_leased on tendril.message_deliveries (channel, leased_until) where delivery_status = 'sending';
create index message_deliveries_of_user on tendril.message_deliveries (user_id, sent_at desc);
create index message_deliveries_batch on tendril.message_deliveries (batch_key) where batch_key is not null;
create index message_deliveries_provider on tendril.message_deliveries (provider_message_id) where channel = 'email';
create index message_deliveries_unanswered on tendril.message_deliveries (fallback_at) where fallback_at is not null;
create index message_deliveries_stuck on tendril.message_deliveries (id) where delivery_status in ('parked', 'unknown');

create table tendril.delivery_events (
    id bigint generated always as identity primary key,
    event_id text unique,
    delivery_id bigint references tendril.message_deliveries on delete cascade,
    source text not null check (source in ('gate', 'worker', 'resend', 'link', 'telegram', 'admin')),
    type text not null,
    reason text,
    is_machine boolean not null default false,
    details jsonb not null default '{}',
    occurred_at timestamptz not null,
    recorded_at timestamptz not null
);
create index delivery_events_of_delivery on tendril.delivery_events (delivery_id, type);

-- How fast each channel may send, shared by every worker; a channel that is not in here is not configured.
create table tendril.send_budgets (
    channel text primary key,
    per_second double precision check (per_second > 0),
    burst double precision not null default 1 check (burst >= 1),
    messages_per_request int not null default 1 check (messages_per_request >= 1),
    tokens double precision not null default 0,
    refilled_at timestamptz not null,
    blocked_until timestamptz,
    paused_reason text
);
