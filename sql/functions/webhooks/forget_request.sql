-- Forgets a request that failed through our fault, so that it may be sent again under the same idempotency key.
create or replace function tendril.forget_request(caller text, key text)
returns void
language sql
set search_path = ''
as $$
    delete from tendril.idempotency_keys k
    where k.caller = decode(forget_request.caller, 'hex') and k.key = forget_request.key and k.status is null;
$$;
