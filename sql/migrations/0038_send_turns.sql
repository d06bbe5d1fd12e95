-- When the next request of a channel may leave. Apart from its budget, which claims hold for as long as they judge.
create table tendril.send_turns (
    channel text primary key,
    next_at timestamptz not null
);
