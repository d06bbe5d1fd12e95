-- Deletes updates of Telegram that were handled so long ago that nobody sends them again, and answers kept under idempotency keys
-- that are free again, so many of each at most; says how many.
create or replace function tendril.forget_old(
    updates_after interval default '7 days', keys_after interval default '24 hours', batch int default 5000,
    at timestamptz default tendril.clock()
)
returns int
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    forgotten int;
    freed int;
begin
    delete from tendril.telegram_updates t
    where t.update_id = any (array(
        select old.update_id from tendril.telegram_updates old
        where old.handled_at <= forget_old.at - forget_old.updates_after
        order by old.handled_at limit forget_old.batch
        for update skip locked));
    get diagnostics forgotten = row_count;
    delete from tendril.idempotency_keys k
    where (k.caller, k.key) in (
        select old.caller, old.key from tendril.idempotency_keys old
        where old.begun_at <= forget_old.at - forget_old.keys_after
        order by old.begun_at limit forget_old.batch
        for update skip locked);
    get diagnostics freed = row_count;
    return forgotten + freed;
end;
$$;
