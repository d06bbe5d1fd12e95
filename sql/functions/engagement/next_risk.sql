-- Says when a risk is looked at again, whatever happens: at the next eight o'clock in the morning there, when quiet hours usually end
-- and something can be done about it; changes nothing.
create or replace function tendril.next_risk(zone text, at timestamptz default tendril.clock())
returns timestamptz
language sql stable
set search_path = ''
as $$
    select tendril.instant(l.time::date + case when l.time::time >= '08:00' then 1 else 0 end + time '08:00', next_risk.zone)
    from (select next_risk.at at time zone next_risk.zone as time) l;
$$;
