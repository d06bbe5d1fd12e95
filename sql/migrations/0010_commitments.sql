-- What people mean to do and by when, what became of it, and what they tell us of this service.
create table tendril.commitments (
    id bigint generated always as identity primary key,
    user_id uuid not null references tendril.users on delete cascade,
    text text not null check (text <> '' and length(text) <= 500),
    due_at timestamptz not null,
    -- days as the user's calendar had them then: who travels keeps their history
    due_day date not null,
    lapses_at timestamptz not null,
    status text not null default 'open' check (status in ('open', 'done', 'missed', 'dropped')),
    rating jsonb,
    -- what asked for it, so that asking twice makes one
    request text unique,
    created_at timestamptz not null,
    completed_at timestamptz,
    completed_day date,
    check ((status = 'done') = (completed_at is not null) and (completed_at is null) = (completed_day is null))
);
create index commitments_of_user on tendril.commitments (user_id, due_day);
create index commitments_lapsing on tendril.commitments (lapses_at) where status = 'open';

create table tendril.feedback (
    id bigint generated always as identity primary key,
    user_id uuid not null references tendril.users on delete cascade,
    text text not null check (text <> '' and length(text) <= 4096),
    request text unique,
    at timestamptz not null
);
create index feedback_of_user on tendril.feedback (user_id);
