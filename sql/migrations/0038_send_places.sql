-- The requests that a channel may have on their way or answered within a second, one row each: a request takes a place and leaves it
-- with its answer, and a second after that the next may take it. So however long requests are held up, no second sees too many.
create table tendril.send_places (
    channel text,
    place int,
    worker text,
    free_at timestamptz not null,
    primary key (channel, place)
);
