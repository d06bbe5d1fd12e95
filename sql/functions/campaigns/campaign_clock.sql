-- Says whose clock the times of a campaign mean: a time zone's, or, if null, each recipient's own; changes nothing.
create or replace function tendril.campaign_clock(campaign tendril.campaigns)
returns text
language sql immutable
set search_path = ''
as $$
    -- a time with an offset is an instant, and kept as the one of UTC
    select case when campaign_clock.campaign.schedule ->> 'at' ~ '(Z|[+-]\d\d:\d\d)$' then 'UTC' else campaign_clock.campaign.timezone end;
$$;
