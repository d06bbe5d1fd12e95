-- Says whether somebody may come to meet an achievement's filter by a behavior event of a type; changes nothing.
create or replace function tendril.may_earn(achievement tendril.achievements, event_type text)
returns boolean
language sql immutable
set search_path = ''
as $$
    select may_earn.event_type <> 'achievement_earned'
        and coalesce(may_earn.event_type = any ((may_earn.achievement).event_types), true);
$$;
