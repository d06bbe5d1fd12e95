-- The bucket of a delay in seconds: b is from 2^(b/2) up to 2^((b+1)/2) seconds, so that a median read from buckets is at most a
-- fifth off.
create or replace function tendril.delay_bucket(seconds int)
returns smallint
language sql immutable strict
set search_path = ''
as $$
    select floor(2 * ln(greatest(delay_bucket.seconds, 1)::float8) / ln(2::float8) + 1e-9)::smallint;
$$;
