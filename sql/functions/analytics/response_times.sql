-- After how long people open mails and click, at the middle of all (from buckets: at most a fifth off); changes nothing.
create or replace function tendril.response_times(
    since date default null, until date default null, filters jsonb default '{}', at timestamptz default tendril.clock()
)
returns table (channel text, what text, deliveries bigint, median_seconds float8)
language sql stable
set search_path = ''
as $$
    with buckets as (
        select s.channel, replace(s.kind, '_delay', '') as what, s.bucket, sum(s.deliveries) as deliveries,
            sum(sum(s.deliveries)) over (partition by s.channel, s.kind order by s.bucket) as up_to_here,
            sum(sum(s.deliveries)) over (partition by s.channel, s.kind) as in_all
        from tendril.spreads_of(
            array['open_delay', 'click_delay'], response_times.filters, response_times.since, response_times.until, response_times.at) s
        where s.kind = 'click_delay' or s.channel = 'email'
        group by s.channel, s.kind, s.bucket
        having sum(s.deliveries) > 0
    )
    -- within the bucket of the middle one, as if they were spread evenly on its scale
    select b.channel, b.what, b.in_all::bigint,
        power(2, (b.bucket + (b.in_all / 2.0 - (b.up_to_here - b.deliveries)) / b.deliveries)::float8 / 2)
    from buckets b
    where b.up_to_here >= b.in_all / 2.0 and b.up_to_here - b.deliveries < b.in_all / 2.0
    order by 1, 2;
$$;
