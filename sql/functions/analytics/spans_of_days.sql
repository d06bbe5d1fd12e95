-- From when until when the last days last in a time zone, today being the last of them; changes nothing.
create or replace function tendril.spans_of_days(days int, zone text, at timestamptz default tendril.clock())
returns table (day date, since timestamptz, until timestamptz)
language sql stable
set search_path = ''
as $$
    select d.day, d.since, lead(d.since, 1) over (order by d.day)
    from (
        select t.today - n as day, tendril.instant((t.today - n)::timestamp, spans_of_days.zone) as since
        from (select (spans_of_days.at at time zone spans_of_days.zone)::date as today) t
        cross join generate_series(-1, spans_of_days.days - 1) n
    ) d
    order by d.day
    limit spans_of_days.days;
$$;
