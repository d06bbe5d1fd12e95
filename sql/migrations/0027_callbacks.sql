-- Who outside is told of what happens here, what they are told, and how that went.

create table tendril.callback_subscribers (
    id bigint generated always as identity primary key,
    url text not null check (url ~ '^https?://'),
    description text not null default '',
    events text[] not null check (cardinality(events) > 0 and events <@ array[
        'delivery.sent', 'delivery.delivered', 'delivery.opened', 'delivery.clicked', 'delivery.failed', 'delivery.bounced',
        'delivery.complained', 'conversion.recorded', 'user.unsubscribed']),
    -- what callbacks are signed with: not a hash, since whoever signs has to have it
    secret text not null check (secret ~ '^whsec_'),
    -- signs as well until then, so that the receiver can change its own in between
    old_secret text,
    old_secret_until timestamptz,
    paused_at timestamptz,
    paused_reason text check (paused_reason in ('admin', 'failing', 'gone')),
    -- failures since the last success: while there are any, one callback at a time finds out whether it is over
    failures int not null default 0,
    failing_since timestamptz,
    blocked_until timestamptz,
    succeeded_at timestamptz,
    created_by text not null,
    created_at timestamptz not null,
    changed_at timestamptz not null,
    check ((paused_at is null) = (paused_reason is null)),
    check ((old_secret is null) = (old_secret_until is null))
);

-- One row for each event and each subscriber, written together with what happened.
create table tendril.callbacks (
    id bigint generated always as identity primary key,
    subscriber_id bigint not null references tendril.callback_subscribers on delete cascade,
    -- stays the same however often it is sent
    message_id uuid not null default gen_random_uuid(),
    -- what is told, so that it is told once
    key text not null,
    type text not null,
    user_id uuid references tendril.users on delete cascade,
    details jsonb not null default '{}' check (jsonb_typeof(details) = 'object'),
    occurred_at timestamptz not null,
    created_at timestamptz not null,
    status text not null default 'pending' check (status in ('pending', 'delivered', 'failed')),
    attempts int not null default 0,
    -- when to try it, or if somebody does right now, when they have to be done
    next_attempt_at timestamptz not null,
    give_up_at timestamptz not null,
    lease uuid,
    ended_at timestamptz,
    unique (subscriber_id, key)
);
create index callbacks_waiting on tendril.callbacks (subscriber_id, next_attempt_at) where status = 'pending';
create index callbacks_under_way on tendril.callbacks (subscriber_id) where lease is not null;
create index callbacks_to_give_up on tendril.callbacks (give_up_at) where status = 'pending';
create index callbacks_of_user on tendril.callbacks (user_id);
create index callbacks_ended on tendril.callbacks (ended_at) where ended_at is not null;

create table tendril.callback_attempts (
    id bigint generated always as identity primary key,
    callback_id bigint not null references tendril.callbacks on delete cascade,
    at timestamptz not null,
    -- what was answered, or why there was no answer
    status_code int,
    error text,
    milliseconds int not null
);
create index callback_attempts_of_callback on tendril.callback_attempts (callback_id, id);
