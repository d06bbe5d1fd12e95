-- Says how long to wait after an attempt that failed for a passing reason; changes nothing.
create or replace function tendril.retry_delay(attempts int)
returns interval
language sql immutable
set search_path = ''
as $$
    select (array['10 seconds', '1 minute', '5 minutes', '30 minutes', '2 hours'])[least(greatest(retry_delay.attempts, 1), 5)]::interval;
$$;
