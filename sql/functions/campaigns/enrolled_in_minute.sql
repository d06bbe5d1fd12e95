-- Counts whom a campaign that has a limit enrolled in the minute before a moment, held out or not; changes nothing.
create or replace function tendril.enrolled_in_minute(campaign tendril.campaigns, at timestamptz default tendril.clock())
returns int
language sql stable
set search_path = ''
as $$
    select count(*)::int from (
        select e.enrolled_at from tendril.enrollments e
        where e.campaign_id = enrolled_in_minute.campaign.id and enrolled_in_minute.campaign.per_minute is not null
        order by e.id desc limit enrolled_in_minute.campaign.per_minute
    ) latest
    where latest.enrolled_at > enrolled_in_minute.at - interval '1 minute';
$$;
