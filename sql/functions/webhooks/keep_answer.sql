-- Keeps what was answered to a request that came with an idempotency key, for whoever repeats it.
create or replace function tendril.keep_answer(caller text, key text, status int, answer text)
returns void
language sql
set search_path = ''
as $$
    update tendril.idempotency_keys k set status = keep_answer.status, answer = keep_answer.answer
    where k.caller = decode(keep_answer.caller, 'hex') and k.key = keep_answer.key;
$$;
