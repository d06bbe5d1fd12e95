-- Gives back what a worker had claimed and not yet rendered: it goes through the gate again at once.
create or replace function tendril.release_deliveries(worker text, at timestamptz default tendril.clock())
returns int
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    released int;
begin
    update tendril.message_deliveries d
    set delivery_status = 'pending', attempt_count = d.attempt_count - 1, lease_token = null, leased_until = null, worker = null
    where d.worker = release_deliveries.worker and d.delivery_status = 'sending' and d.message_content is null;
    get diagnostics released = row_count;
    -- What may have gone out needs the care of an expired lease, and needs it now.
    update tendril.message_deliveries d
    set leased_until = release_deliveries.at
    where d.worker = release_deliveries.worker and d.delivery_status = 'sending' and d.leased_until > release_deliveries.at;
    return released;
end;
$$;
