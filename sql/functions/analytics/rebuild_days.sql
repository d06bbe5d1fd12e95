-- Compares the sums of some of these days, from the first on and with about so many messages and cells, with what each message is counted as,
-- and puts right what differs. Says which day was the last.
create or replace function tendril.rebuild_days(first date, last date, batch int)
returns date
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    until date := coalesce((
        select d.day - 1
        from (
            select c.day, sum(sum(c.deliveries) + count(*)) over (order by c.day) as size from tendril.delivery_cells c
            where c.day between rebuild_days.first and rebuild_days.last
            group by c.day
        ) d
        where d.size > rebuild_days.batch and d.day > rebuild_days.first
        order by d.day limit 1), rebuild_days.last);
begin
    -- Meanwhile marks wait.
    perform from tendril.analytics_state s for update;
    perform tendril.rebuild_cells(rebuild_days.first, until);
    perform tendril.rebuild_steps(rebuild_days.first, until);
    return until;
end;
$$;
