-- Says which day the risk of somebody in a zone is told from: the last that is over there, or today if they did something today; changes
-- nothing.
create or replace function tendril.day_to_judge(zone text, last_active_at timestamptz, at timestamptz)
returns date
language sql stable parallel safe
-- in this form it becomes part of the query that uses it
return (at at time zone zone)::date - case when (last_active_at at time zone zone)::date >= (at at time zone zone)::date then 0 else 1 end;
