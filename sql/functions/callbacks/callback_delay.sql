-- Says how long to wait after so many attempts that failed; changes nothing. A dozen of them make 24 hours.
create or replace function tendril.callback_delay(attempts int)
returns interval
language sql immutable
set search_path = ''
as $$
    select (array['5 seconds', '30 seconds', '2 minutes', '10 minutes', '30 minutes', '1 hour', '2 hours', '4 hours', '6 hours'])[
        least(greatest(callback_delay.attempts, 1), 9)]::interval;
$$;
