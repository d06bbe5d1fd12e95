-- Says which board of a period is the present one on the calendar of a zone: its day, or the Monday of its week; changes nothing.
create or replace function tendril.board_day(period text, zone text, at timestamptz default tendril.clock())
returns date
language sql stable
set search_path = ''
as $$
    select case board_day.period
        when 'daily' then (board_day.at at time zone board_day.zone)::date
        when 'weekly' then date_trunc('week', board_day.at at time zone board_day.zone)::date
        else '-infinity' end;
$$;
