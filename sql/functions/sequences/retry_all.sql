-- Sends once more what failed or was parked, so many at most, and none a second time that was retried since `since`; says how many.
create or replace function tendril.retry_all(since timestamptz, batch int default 500, at timestamptz default tendril.clock())
returns int
language sql
set search_path = ''
as $$
    select cardinality(tendril.retry_deliveries(array(
        select d.id from tendril.message_deliveries d
        where d.delivery_status in ('failed', 'bounced', 'complained', 'parked', 'unknown') and d.delivery_status in ('failed', 'parked')
            and tendril.is_retryable(d) and coalesce((d.metadata ->> 'retried_at')::timestamptz < retry_all.since, true)
        order by d.id limit retry_all.batch), retry_all.at));
$$;
