-- Says which local time is now on the clock of a campaign, or, where each recipient's own counts, the earliest on earth; changes nothing.
create or replace function tendril.schedule_start(timezone text default null, at timestamptz default tendril.clock())
returns timestamp
language sql stable
set search_path = ''
as $$
    select coalesce(
        schedule_start.at at time zone schedule_start.timezone, (schedule_start.at at time zone 'UTC') - interval '12 hours');
$$;
