-- Makes the partitions of behavior events for this month, so many ahead of it, and those whose rows are with the unforeseen ones,
-- which move there. Only the owner of the table can; for others it does nothing. Says how many were made.
create or replace function tendril.make_behavior_months(ahead int default 2, at timestamptz default tendril.clock())
returns int
language plpgsql
set search_path = ''
-- Whoever would have to wait longer for a moment without writers tries again later, so that nobody queues behind them for long.
set lock_timeout = '500ms'
as $$
#variable_conflict use_column
declare
    ids_of_month constant bigint := 1000000000000;
    this_month bigint := tendril.first_behavior_id(make_behavior_months.at) / ids_of_month;
    missing bigint[];
    month bigint;
begin
    if not (select pg_has_role(c.relowner, 'usage') from pg_catalog.pg_class c where c.oid = 'tendril.behavior_events'::regclass) then
        return 0;
    end if;
    missing := array(
        select m.month from (
            select this_month + n as month from generate_series(0, make_behavior_months.ahead) n
            union
            select b.id / ids_of_month from tendril.behavior_events_other b
        ) m
        where to_regclass('tendril.' || tendril.behavior_partition(m.month)) is null
        order by 1);
    if cardinality(missing) = 0 then
        return 0;
    end if;
    -- All at once and first, so that nobody who writes holds what we wait for and waits for what we hold.
    lock table tendril.users in share row exclusive mode;
    lock table tendril.behavior_events_other in access exclusive mode;
    foreach month in array missing loop
        execute format($ddl$
            create table tendril.%1$I (like tendril.behavior_events including all);
            alter table tendril.%1$I enable row level security;
            with moving as (delete from tendril.behavior_events_other b where b.id >= %2$s and b.id < %3$s returning b.*)
            insert into tendril.%1$I select * from moving;
            alter table tendril.behavior_events attach partition tendril.%1$I for values from (%2$s) to (%3$s);
            $ddl$, tendril.behavior_partition(month), month * ids_of_month, (month + 1) * ids_of_month);
    end loop;
    return cardinality(missing);
end;
$$;
