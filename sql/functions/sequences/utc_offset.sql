-- Says how far a zone's clocks are ahead of UTC at an instant; changes nothing.
create or replace function tendril.utc_offset(moment timestamptz, zone text)
returns interval
language sql stable
set search_path = ''
as $$
    select (utc_offset.moment at time zone utc_offset.zone) - (utc_offset.moment at time zone 'UTC');
$$;
