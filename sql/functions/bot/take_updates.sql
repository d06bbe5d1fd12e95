-- Leases to a worker the oldest updates that wait, one per Telegram account, so that each account's are handled in their order. What is
-- leased to a worker that does not have it in hand is given to it again: the answer that should have brought it got lost.
create or replace function tendril.take_updates(
    worker text, batch int default 32, lease_seconds int default 60, in_hand bigint[] default null, at timestamptz default tendril.clock()
)
returns table (update_id bigint, payload jsonb, attempts int)
language sql
set search_path = ''
as $$
    with waiting as (
        select t.update_id from tendril.telegram_updates t
        where t.handled_at is null
            and (t.leased_until is null or t.leased_until <= take_updates.at
                or (t.worker = take_updates.worker and t.update_id <> all (take_updates.in_hand)))
            -- a lease may run out, as when the clock is moved, while its worker is still at it
            and t.update_id <> all (coalesce(take_updates.in_hand, '{}'))
            and not exists (
                select from tendril.telegram_updates earlier
                where earlier.telegram_id = t.telegram_id and earlier.handled_at is null and earlier.update_id < t.update_id)
        order by t.update_id limit take_updates.batch
        for update skip locked
    )
    update tendril.telegram_updates t
    set worker = take_updates.worker, leased_until = take_updates.at + make_interval(secs => take_updates.lease_seconds), attempts = t.attempts + 1
    from waiting w
    where t.update_id = w.update_id
    returning t.update_id, t.payload, t.attempts;
$$;
