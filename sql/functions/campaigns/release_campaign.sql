-- Lets go what the pause of a campaign held, so many messages at most, to be looked at again at once; says when to look for more.
create or replace function tendril.release_campaign(campaign_id bigint, batch int default 2000, at timestamptz default tendril.clock())
returns void
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    held bigint[] := array(
        select d.id from tendril.message_deliveries d
        join tendril.enrollments e on e.id = d.enrollment_id
        join tendril.campaigns c on c.id = e.campaign_id
        where c.id = release_campaign.campaign_id and d.sequence_type = c.sequence
            and d.delivery_status = 'pending' and d.reason = 'campaign_paused' and d.next_attempt_at = 'infinity'
        order by d.id limit release_campaign.batch);
begin
    perform from tendril.message_deliveries d where d.id = any (held) order by d.id for no key update;
    update tendril.message_deliveries d set next_attempt_at = release_campaign.at
    where d.id = any (held) and d.delivery_status = 'pending' and d.reason = 'campaign_paused';
    update tendril.campaigns c
    set releases_at = case
            when cardinality(held) = release_campaign.batch then release_campaign.at
            -- A claim that began under the pause holds what it judges; none lasts as long as this.
            when release_campaign.at < c.resumed_at + interval '2 minutes' then c.resumed_at + interval '2 minutes' end
    where c.id = release_campaign.campaign_id;
end;
$$;
