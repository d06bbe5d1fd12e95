-- Counts everything anew from the ledger, the messages of so many enrollments at a time, in one transaction: whoever asks meanwhile
-- sees the sums as they were. Says how many deliveries were counted.
create or replace function tendril.rebuild_analytics(batch int default 100000, at timestamptz default tendril.clock())
returns bigint
language plpgsql
set search_path = ''
set work_mem = '128MB'
as $$
#variable_conflict use_column
declare
    done bigint := 0;
    last bigint;
begin
    perform from tendril.analytics_state s for update;
    -- Marks that come from now on stay, and are folded afterwards.
    delete from tendril.delivery_marks;
    delete from tendril.folded_deliveries;
    delete from tendril.delivery_cells;
    delete from tendril.delivery_sums;
    delete from tendril.delivery_spreads;
    delete from tendril.spread_sums;
    delete from tendril.delivery_quarters;
    delete from tendril.step_counts;
    loop
        -- In the order in which people came, so that each sum is changed in few places of the way.
        last := (
            select max(e.id) from (select e.id from tendril.enrollments e where e.id > done order by e.id limit rebuild_analytics.batch) e);
        exit when last is null;
        perform tendril.refold_deliveries(null, done + 1, last);
        done := last;
    end loop;
    perform tendril.recount_people();
    update tendril.analytics_state s set folded_at = rebuild_analytics.at, rebuilt_at = rebuild_analytics.at;
    return (select count(*) from tendril.folded_deliveries);
end;
$$;
