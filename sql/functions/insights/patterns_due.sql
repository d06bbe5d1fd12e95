-- Says on which days of sending a look for patterns would be now, if none was within a day: eight weeks that ended three days ago, so
-- that everybody had the time to answer. Changes nothing.
create or replace function tendril.patterns_due(always boolean default false, at timestamptz default tendril.clock())
returns table (since date, until date)
language sql stable
set search_path = ''
as $$
    select d.last - 55, d.last
    from (select (patterns_due.at at time zone 'UTC')::date - 4 as last) d
    where patterns_due.always or not exists (select from tendril.pattern_looks l where l.looked_at > patterns_due.at - interval '1 day');
$$;
