-- Puts an update back whose handling failed, to be tried again a little later; after five tries it is given up, with its error.
create or replace function tendril.retry_update(update_id bigint, error text, at timestamptz default tendril.clock())
returns void
language sql
set search_path = ''
as $$
    update tendril.telegram_updates t
    set error = left(retry_update.error, 500), worker = null,
        leased_until = retry_update.at + tendril.retry_delay(t.attempts) / 10,
        handled_at = case when t.attempts >= 5 then retry_update.at end
    where t.update_id = retry_update.update_id;
$$;
