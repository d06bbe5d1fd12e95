-- Refuses a time zone that nobody knows; null is fine; changes nothing.
create or replace function tendril.check_time_zone(timezone text)
returns void
language plpgsql stable
set search_path = ''
as $$
#variable_conflict use_column
begin
    if check_time_zone.timezone is not null
        and not exists (select from tendril.time_zones z where z.name = check_time_zone.timezone) then
        raise exception '"%" is not a time zone', check_time_zone.timezone using errcode = 'TN422', detail = 'timezone',
            hint = 'Write it as Europe/Madrid.';
    end if;
end;
$$;
