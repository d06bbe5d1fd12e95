-- Refuses a campaign whose sequence, time zone, spans of time or filters are none; changes nothing.
create or replace function tendril.check_campaign(campaign tendril.campaigns)
returns void
language plpgsql stable
set search_path = ''
as $$
#variable_conflict use_column
begin
    if (check_campaign.campaign).sequence is not null and not exists (
        select from tendril.sequences s
        where s.name = (check_campaign.campaign).sequence and s.archived_at is null and s.current_version_id is not null) then
        raise exception 'no sequence named %', (check_campaign.campaign).sequence using errcode = 'TN422', detail = 'sequence';
    elsif (check_campaign.campaign).timezone is not null and not exists (
        select from tendril.time_zones z where z.name = (check_campaign.campaign).timezone) then
        raise exception 'no time zone named %', (check_campaign.campaign).timezone using errcode = 'TN422', detail = 'timezone';
    elsif (check_campaign.campaign).stale_after > interval '365 days' then
        raise exception 'at most 365 days' using errcode = 'TN422', detail = 'stale_after';
    elsif ((check_campaign.campaign).schedule ->> 'again_after')::interval > interval '3650 days' then
        raise exception 'at most 3650 days' using errcode = 'TN422', detail = 'schedule.again_after';
    end if;
    perform tendril.compile_filter(coalesce((check_campaign.campaign).filter, '{}'), 'filter');
    perform tendril.compile_filter(coalesce(nullif((check_campaign.campaign).schedule -> 'filter', 'null'), '{}'), 'schedule.filter');
end;
$$;
