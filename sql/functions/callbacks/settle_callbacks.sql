-- Gives up callbacks that nobody came to send at the end of their 24 hours, and forgets those that ended 30 days ago, so many of each at
-- most; says how many.
create or replace function tendril.settle_callbacks(
    forget_after interval default '30 days', batch int default 5000, at timestamptz default tendril.clock()
)
returns int
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    given_up int;
    forgotten int;
begin
    update tendril.callbacks c
    set status = 'failed', lease = null, ended_at = settle_callbacks.at
    where c.id in (
        select late.id from tendril.callbacks late
        where late.status = 'pending' and late.give_up_at <= settle_callbacks.at - interval '10 minutes'
            and (late.lease is null or late.next_attempt_at <= settle_callbacks.at)
        order by late.give_up_at limit settle_callbacks.batch
        for update skip locked);
    get diagnostics given_up = row_count;
    delete from tendril.callbacks c
    where c.id in (
        select old.id from tendril.callbacks old
        where old.ended_at <= settle_callbacks.at - settle_callbacks.forget_after
        order by old.ended_at limit settle_callbacks.batch
        for update skip locked);
    get diagnostics forgotten = row_count;
    return given_up + forgotten;
end;
$$;
