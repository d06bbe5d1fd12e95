-- Lets go what the pause of a campaign held, so many messages at most, to be looked at again at once, and says when to look for more.
-- Several may at once: what somebody else has in hand is left to them. Says how many it let go.
create or replace function tendril.release_campaign(campaign_id bigint, batch int default 2000, at timestamptz default tendril.clock())
returns int
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    current tendril.campaigns;
    held bigint[];
begin
    select c.* into current from tendril.campaigns c where c.id = release_campaign.campaign_id;
    held := array(
        select d.id from tendril.message_deliveries d
        join tendril.enrollments e on e.id = d.enrollment_id
        where e.campaign_id = current.id and d.sequence_type = current.sequence
            and d.delivery_status = 'pending' and d.reason = 'campaign_paused' and d.next_attempt_at = 'infinity'
        order by d.id limit release_campaign.batch for no key update of d skip locked);
    update tendril.message_deliveries d set next_attempt_at = release_campaign.at where d.id = any (held);
    if cardinality(held) < release_campaign.batch then
        -- A claim that began under the pause holds what it judges; none lasts as long as this. And who paused and resumed it
        -- meanwhile has said anew when to look.
        update tendril.campaigns c
        set releases_at = case when release_campaign.at < c.resumed_at + interval '2 minutes' then c.resumed_at + interval '2 minutes' end
        where c.id = current.id and c.resumed_at is not distinct from current.resumed_at;
    end if;
    return cardinality(held);
end;
$$;
