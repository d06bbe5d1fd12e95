-- Which days a question means, and how far behind the ledger the sums are: how many changes of messages are not in them yet, and
-- when they were last brought up to date. Changes nothing.
create or replace function tendril.analytics_period(since date default null, until date default null, at timestamptz default tendril.clock())
returns table (since date, until date, behind bigint, folded_at timestamptz)
language sql stable
set search_path = ''
as $$
    select coalesce(analytics_period.since, p.until - 29), p.until, (select count(*) from tendril.delivery_marks), s.folded_at
    from tendril.analytics_state s
    cross join (select coalesce(analytics_period.until, (analytics_period.at at time zone 'UTC')::date) as until) p;
$$;
