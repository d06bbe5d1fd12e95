-- Turns a local time into an instant: a time that a spring change skips moves forward by the gap, or back where that would be
-- another day; one that an autumn change repeats is the first of the two; changes nothing.
create or replace function tendril.instant(local_time timestamp, zone text)
returns timestamptz
language plpgsql stable
set search_path = ''
as $$
#variable_conflict use_column
declare
    as_utc timestamptz := instant.local_time at time zone 'UTC';
    before timestamptz := as_utc - tendril.utc_offset(as_utc - interval '1 day', instant.zone);
    after timestamptz := as_utc - tendril.utc_offset(as_utc + interval '1 day', instant.zone);
begin
    if before at time zone instant.zone <> instant.local_time
        and (after at time zone instant.zone = instant.local_time or (before at time zone instant.zone)::date <> instant.local_time::date) then
        return after;
    end if;
    return before;
end;
$$;
