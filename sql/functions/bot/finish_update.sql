-- Marks an update as handled, or as one that cannot be by the error that it met, and forgets what it said.
create or replace function tendril.finish_update(update_id bigint, error text default null, at timestamptz default tendril.clock())
returns void
language sql
set search_path = ''
as $$
    update tendril.telegram_updates t
    set handled_at = finish_update.at, leased_until = null, payload = '{}', error = left(finish_update.error, 500)
    where t.update_id = finish_update.update_id;
$$;
