-- Says when the quiet hours that hold an instant end, or null where it is not in them; changes nothing.
create or replace function tendril.quiet_until(at timestamptz, quiet_from time, quiet_until time, zone text)
returns timestamptz
language sql stable
set search_path = ''
as $$
    with here as (
        select quiet_until.at at time zone quiet_until.zone as local_now
    ), wall as (
        select local_now::date as day, local_now::time as time_of_day from here
    )
    select case
        when quiet_until.quiet_from = quiet_until.quiet_until then null
        when quiet_until.quiet_from < quiet_until.quiet_until
            and time_of_day >= quiet_until.quiet_from and time_of_day < quiet_until.quiet_until
            then tendril.instant(day + quiet_until.quiet_until, quiet_until.zone)
        when quiet_until.quiet_from > quiet_until.quiet_until and time_of_day >= quiet_until.quiet_from
            then tendril.instant(day + 1 + quiet_until.quiet_until, quiet_until.zone)
        when quiet_until.quiet_from > quiet_until.quiet_until and time_of_day < quiet_until.quiet_until
            then tendril.instant(day + quiet_until.quiet_until, quiet_until.zone)
    end
    from wall;
$$;
