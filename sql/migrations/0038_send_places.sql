-- The requests that a channel may have on their way or answered within a second, one row each: what takes a place keeps it for a
-- second, or until a second after its answer, so that however long requests are held up, no second sees too many.
create table tendril.send_places (
    channel text,
    place int,
    worker text,
    free_at timestamptz not null,
    primary key (channel, place)
);
