-- Requests to the JSON API that came with an Idempotency-Key, and what was answered.

create table tendril.idempotency_keys (
    -- who asked, as a hash (SHA-256)
    caller bytea not null,
    key text not null check (length(key) between 1 and 255),
    -- method, path and body, as a hash
    request bytea not null,
    begun_at timestamptz not null,
    -- from then on nobody works on it any more: what became of it is not known
    expected_until timestamptz not null,
    status int,
    answer text,
    primary key (caller, key),
    check ((status is null) = (answer is null))
);
create index idempotency_keys_by_age on tendril.idempotency_keys (begun_at);
