-- Gives back the updates that a worker had taken and not finished.
create or replace function tendril.release_updates(worker text)
returns void
language sql
set search_path = ''
as $$
    update tendril.telegram_updates t set leased_until = null, worker = null
    where t.worker = release_updates.worker and t.handled_at is null;
$$;
