-- Carries one campaign a piece further: catches up with what it was told, turns the times that have come into runs and these into pages,
-- or completes one whose messages are all gone; where none of that is to be done, enrolls the people of a page.
-- Any number of processes may; a piece is done whole or not at all. Says which campaign it was; null when there is nothing to do now.
create or replace function tendril.carry_campaigns(batch int default 5000, at timestamptz default tendril.clock())
returns bigint
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    current tendril.campaigns;
    waiting bigint;
    tidied bigint := tendril.tidy_campaign(least(carry_campaigns.batch, 2000), carry_campaigns.at);
begin
    if tidied is not null then
        return tidied;
    end if;
    select c.* into current from tendril.campaigns c
    where c.status = 'active' and (
            c.looks_at <= carry_campaigns.at
            or tendril.waiting_campaign_run(c, carry_campaigns.at) is not null
            or tendril.is_campaign_over(c))
    order by c.carried_at nulls first, c.id limit 1 for no key update skip locked;
    if not found then
        return tendril.carry_campaign_page(carry_campaigns.at);
    end if;
    -- Asked anew: somebody else may have carried it while it was waited for.
    waiting := tendril.waiting_campaign_run(current, carry_campaigns.at);
    if current.looks_at <= carry_campaigns.at then
        perform tendril.begin_campaign_runs(current, carry_campaigns.at);
    elsif waiting is not null then
        perform tendril.carry_campaign_run(current, waiting, carry_campaigns.batch, carry_campaigns.at);
    elsif tendril.is_campaign_over(current) then
        update tendril.campaigns c
        set status = 'completed', ended_at = carry_campaigns.at, changed_at = carry_campaigns.at, revision = c.revision + 1 where c.id = current.id;
    end if;
    update tendril.campaigns c set carried_at = carry_campaigns.at where c.id = current.id;
    return current.id;
end;
$$;
