-- Says at which local time somebody wants their messages: at the part of the day that they chose, else in the hour that was learned of
-- them, else in the morning; changes nothing.
create or replace function tendril.preferred_hour(preferences tendril.user_preferences)
returns time
language sql immutable
set search_path = ''
as $$
    select case
        when not (preferred_hour.preferences).time_is_chosen and (preferred_hour.preferences).learned_hour is not null
            then make_time((preferred_hour.preferences).learned_hour, 0, 0)
        when (preferred_hour.preferences).preferred_time = 'afternoon' then time '14:00'
        when (preferred_hour.preferences).preferred_time = 'evening' then time '19:00'
        else time '09:00'
    end;
$$;
