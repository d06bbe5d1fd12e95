-- Lets an address be written to again whose owner had themselves deleted: only what they do themselves may call this.
create or replace function tendril.lift_deletion(channel text, address text)
returns void
language sql
set search_path = ''
as $$
    delete from tendril.suppressions x
    where x.channel = lift_deletion.channel and x.address_hash = tendril.address_hash(lift_deletion.address) and x.reason = 'deleted';
    update tendril.contact_points c set state = 'active', state_reason = null
    where c.channel = lift_deletion.channel and c.address = lift_deletion.address and c.state = 'suppressed' and c.state_reason = 'listed'
        and not tendril.is_suppressed(lift_deletion.channel, lift_deletion.address);
$$;
