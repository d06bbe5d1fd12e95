-- Lets the stored batches of channels that have just opened be sent again at once: nobody holds a lease on them.
create or replace function tendril.wake_batches(channels text[], at timestamptz default tendril.clock())
returns void
language sql
set search_path = ''
as $$
    with waiting as (
        -- in the order of their numbers, as everybody takes them
        select d.id from tendril.message_deliveries d
        where d.channel = any (wake_batches.channels) and d.delivery_status = 'sending' and d.lease_token is null
            and d.leased_until > wake_batches.at
        order by d.id for no key update
    )
    update tendril.message_deliveries d set leased_until = wake_batches.at
    from waiting w where d.id = w.id;
$$;
