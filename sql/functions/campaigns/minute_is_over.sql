-- Says when a campaign that has enrolled as many people as a minute allows may enroll the next one; changes nothing.
create or replace function tendril.minute_is_over(campaign tendril.campaigns, at timestamptz default tendril.clock())
returns timestamptz
language sql stable
set search_path = ''
as $$
    select min(latest.enrolled_at) + interval '1 minute' from (
        select e.enrolled_at from tendril.enrollments e where e.campaign_id = minute_is_over.campaign.id
        order by e.id desc limit minute_is_over.campaign.per_minute
    ) latest
    where latest.enrolled_at > minute_is_over.at - interval '1 minute';
$$;
