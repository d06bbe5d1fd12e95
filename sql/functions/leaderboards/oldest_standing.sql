-- Says from which day on standings of a period are kept: a week of days, five of weeks, everything of all time; changes nothing.
create or replace function tendril.oldest_standing(period text, at timestamptz default tendril.clock())
returns date
language sql immutable
set search_path = ''
as $$
    select case oldest_standing.period
        when 'daily' then (oldest_standing.at at time zone 'UTC')::date - 7
        when 'weekly' then (oldest_standing.at at time zone 'UTC')::date - 35
        else '-infinity' end;
$$;
