-- Marks an update as handled and forgets what it said.
create or replace function tendril.finish_update(update_id bigint, at timestamptz default tendril.clock())
returns void
language sql
set search_path = ''
as $$
    update tendril.telegram_updates t
    set handled_at = finish_update.at, leased_until = null, payload = '{}'
    where t.update_id = finish_update.update_id;
$$;
