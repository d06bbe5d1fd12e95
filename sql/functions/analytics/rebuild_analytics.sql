-- Counts everything anew from the ledger, in one transaction: whoever asks meanwhile sees the sums as they were. Says how many
-- deliveries were counted.
create or replace function tendril.rebuild_analytics(batch int default 50000, at timestamptz default tendril.clock())
returns bigint
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    everything bigint[];
begin
    perform from tendril.analytics_state s for update;
    -- Marks that come from now on stay, and are folded afterwards.
    delete from tendril.delivery_marks;
    delete from tendril.folded_deliveries;
    delete from tendril.delivery_cells;
    delete from tendril.delivery_spreads;
    delete from tendril.step_counts;
    -- By day, so that each sum is changed in few places of the way: what a transaction has changed often gets slow for it.
    everything := array(select d.id from tendril.message_deliveries d order by coalesce(d.sent_at, d.scheduled_at), d.id);
    for place in 1 .. cardinality(everything) by rebuild_analytics.batch loop
        perform tendril.refold_deliveries(everything[place : place + rebuild_analytics.batch - 1]);
    end loop;
    perform tendril.recount_people();
    update tendril.analytics_state s set folded_at = rebuild_analytics.at, rebuilt_at = rebuild_analytics.at;
    return (select count(*) from tendril.folded_deliveries);
end;
$$;
