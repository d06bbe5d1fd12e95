-- Gives the key of the enrollments of a campaign that enrolls by no dates, of one that a simulation plays as well; changes nothing.
create or replace function tendril.campaign_key(campaign tendril.campaigns)
returns text
language sql immutable
set search_path = ''
as $$
    select 'campaign:' || coalesce(campaign_key.campaign.schedule ->> 'plays', campaign_key.campaign.id::text);
$$;
