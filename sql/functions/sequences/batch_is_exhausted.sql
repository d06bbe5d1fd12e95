-- Says whether every mail of a stored batch that is still under way has had all its attempts: until then they all go again,
-- because they are one request; changes nothing.
create or replace function tendril.batch_is_exhausted(batch_key text)
returns boolean
language sql stable
set search_path = ''
as $$
    select not exists (
        select from tendril.message_deliveries d
        where d.batch_key = batch_is_exhausted.batch_key and d.delivery_status = 'sending' and d.attempt_count < d.max_attempts);
$$;
