-- Gives back what a worker had claimed, except under the lease tokens that it says it still holds: what is not yet rendered goes
-- through the gate again at once, what may have gone out is taken over as if its lease had run out.
create or replace function tendril.release_deliveries(worker text, held uuid[] default '{}', at timestamptz default tendril.clock())
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
    where d.worker = release_deliveries.worker and d.delivery_status = 'sending' and d.message_content is null
        and d.lease_token <> all (release_deliveries.held);
    get diagnostics released = row_count;
    -- What may have gone out needs the care of an expired lease, and needs it now.
    update tendril.message_deliveries d
    set leased_until = release_deliveries.at
    where d.worker = release_deliveries.worker and d.delivery_status = 'sending' and d.leased_until > release_deliveries.at
        and d.lease_token <> all (release_deliveries.held);
    -- Nothing of it is on its way.
    if cardinality(release_deliveries.held) = 0 then
        perform tendril.leave_place(p.worker, p.channel, p.place, release_deliveries.at)
        from tendril.send_places p where p.worker = release_deliveries.worker;
    end if;
    return released;
end;
$$;
