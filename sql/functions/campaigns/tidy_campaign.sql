-- Catches up, a piece at a time, with what a campaign was told: lets go what a pause held since it was resumed, and clears away what is
-- left of one that was cancelled. It locks no campaign, so that a pause and a cancel wait for none of it. Says of which; null when there
-- is nothing that could be done now.
create or replace function tendril.tidy_campaign(batch int default 2000, at timestamptz default tendril.clock())
returns bigint
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    told record;
begin
    for told in
        select c.id, c.status from tendril.campaigns c
        where c.status = 'active' and c.releases_at <= tidy_campaign.at
            or c.status = 'cancelled' and (
                exists (select from tendril.enrollments e where e.campaign_id = c.id and e.status in ('active', 'paused'))
                or exists (select from tendril.campaign_runs r where r.campaign_id = c.id and r.status in ('waiting', 'running')))
        -- what is to leave comes first
        order by c.status, c.carried_at nulls first, c.id
    loop
        if told.status = 'active' and tendril.release_campaign(told.id, tidy_campaign.batch, tidy_campaign.at) > 0
            or told.status = 'cancelled' and tendril.clear_campaign(told.id, tidy_campaign.batch, tidy_campaign.at) > 0
        then
            return told.id;
        end if;
    end loop;
    return null;
end;
$$;
