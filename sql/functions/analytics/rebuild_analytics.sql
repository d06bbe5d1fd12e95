-- Counts everything anew from the ledger, in one transaction: whoever asks meanwhile sees the sums as they were. Says how many
-- deliveries were counted.
create or replace function tendril.rebuild_analytics(batch int default 50000, at timestamptz default tendril.clock())
returns bigint
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    next bigint := 0;
    last bigint;
begin
    perform from tendril.analytics_state s for update;
    -- Marks that come from now on stay, and are folded afterwards.
    delete from tendril.delivery_marks;
    delete from tendril.folded_deliveries;
    delete from tendril.delivery_cells;
    delete from tendril.delivery_spreads;
    delete from tendril.step_counts;
    loop
        select max(piece.id) into last
        from (select d.id from tendril.message_deliveries d where d.id > next order by d.id limit rebuild_analytics.batch) piece;
        exit when last is null;
        perform tendril.refold_deliveries(array(select d.id from tendril.message_deliveries d where d.id > next and d.id <= last));
        next := last;
    end loop;
    perform tendril.recount_people();
    update tendril.analytics_state s set folded_at = rebuild_analytics.at, rebuilt_at = rebuild_analytics.at;
    return (select count(*) from tendril.folded_deliveries);
end;
$$;
