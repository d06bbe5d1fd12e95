-- Forgets behavior events of months that ended more than so many months ago, so many events at most, and then drops their partitions;
-- what was counted of them stays. Says how many it forgot.
create or replace function tendril.forget_behavior(months int default 25, batch int default 10000, at timestamptz default tendril.clock())
returns int
language plpgsql
set search_path = ''
set lock_timeout = '500ms'
as $$
#variable_conflict use_column
declare
    ids_of_month constant bigint := 1000000000000;
    kept_from bigint := tendril.first_behavior_id(forget_behavior.at) - forget_behavior.months * ids_of_month;
    old text;
    forgotten int;
begin
    delete from tendril.behavior_events b
    where b.id < kept_from and b.id = any (array(
        select o.id from tendril.behavior_events o where o.id < kept_from order by o.id limit forget_behavior.batch));
    get diagnostics forgotten = row_count;
    if forgotten > 0 then
        update tendril.activity_state s set forgotten_before = k.month
        from (select (timestamp '2000-01-01' + interval '1 month' * (kept_from / ids_of_month)) at time zone 'UTC' as month) k
        where s.forgotten_before < k.month;
        return forgotten;
    end if;
    for old in
        select c.relname from pg_catalog.pg_inherits i join pg_catalog.pg_class c on c.oid = i.inhrelid
        where i.inhparent = 'tendril.behavior_events'::regclass and pg_has_role(c.relowner, 'usage')
            and c.relname ~ '^behavior_events_\d{4}_\d\d$' and c.relname < tendril.behavior_partition(kept_from / ids_of_month)
    loop
        lock table tendril.users in share row exclusive mode;
        lock table tendril.behavior_events in access exclusive mode;
        execute format('alter table tendril.behavior_events detach partition tendril.%I', old);
        execute format('drop table tendril.%I', old);
    end loop;
    return 0;
end;
$$;
