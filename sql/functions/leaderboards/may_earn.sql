-- Says whether somebody may come to meet an achievement's filter by a behavior event of a type; changes nothing.
create or replace function tendril.may_earn(achievement tendril.achievements, event_type text)
returns boolean
language sql immutable
-- in this form it becomes part of the query that uses it
return event_type <> 'achievement_earned' and coalesce(event_type = any ((achievement).event_types), true);
