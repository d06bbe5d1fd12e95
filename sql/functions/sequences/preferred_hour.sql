-- Says at which local time "morning", "afternoon" and "evening" are; changes nothing.
create or replace function tendril.preferred_hour(preferred_time text)
returns time
language sql immutable
set search_path = ''
as $$
    select case preferred_hour.preferred_time when 'afternoon' then time '14:00' when 'evening' then time '19:00' else time '09:00' end;
$$;
