-- The switch that holds everything, the alerts that admins are told of, and ways to what admins look at.

-- A row here holds everything that would be sent.
create table tendril.service_pauses (
    only_row boolean primary key default true check (only_row),
    paused_at timestamptz not null
);

-- One row per cause while it lasts. It is told of once it has lasted as long as its kind asks for, and once more when it is over.
create table tendril.admin_alerts (
    id bigint generated always as identity primary key,
    cause text not null check (cause <> ''),
    kind text not null,
    details jsonb not null default '{}' check (jsonb_typeof(details) = 'object'),
    since timestamptz not null,
    told_at timestamptz,
    cleared_at timestamptz
);
create unique index admin_alerts_open on tendril.admin_alerts (cause) where cleared_at is null;

-- Admins who asked for none.
create table tendril.alert_mutes (
    user_id uuid primary key references tendril.users on delete cascade,
    muted_at timestamptz not null
);

-- Callbacks whose signature did not fit: a count per provider, never a row per request, since anybody can send those.
create table tendril.refused_callbacks (
    provider text primary key,
    refused bigint not null,
    since timestamptz not null,
    last_at timestamptz not null
);

create index message_deliveries_sent on tendril.message_deliveries (channel, sent_at) where sent_at is not null;
create index message_deliveries_held on tendril.message_deliveries (id) where delivery_status = 'pending' and reason is not null;
create index message_deliveries_parked on tendril.message_deliveries (sequence_type, message_step) where delivery_status = 'parked';
create index contact_points_unsubscribed on tendril.contact_points (unsubscribed_at) where unsubscribed_at is not null;
create index user_preferences_stopped on tendril.user_preferences (stopped_at) where stopped_at is not null;
-- Rows come in the order of time and never change.
create index behavior_events_by_time on tendril.behavior_events using brin (occurred_at) with (pages_per_range = 32, autosummarize = on);
