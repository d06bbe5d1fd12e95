-- Gives in their order the real people beside those of a simulation whom a look of its campaign would enroll now if nothing held it back,
-- after one of them where that is given; changes nothing.
create or replace function tendril.others_entering(run jsonb, people jsonb, after_user uuid default null, at timestamptz default tendril.clock())
returns uuid[]
language plpgsql stable
set search_path = ''
as $$
#variable_conflict use_column
declare
    ours uuid[] := array(select unnest(array[p.user_id, p.real]) from jsonb_to_recordset(others_entering.people) as p (user_id uuid, real uuid));
    campaign tendril.campaigns;
    anchor text;
    earliest timestamptz;
    met uuid[];
begin
    select c.* into campaign from tendril.campaigns c where c.id = (others_entering.run ->> 'active_campaign_id')::bigint;
    anchor := campaign.schedule ->> 'anchor';
    if anchor is null then
        met := tendril.users_meeting(campaign.filter, others_entering.after_user, batch => null);
        return tendril.enrollable_again(campaign, array(
            select m.user_id from unnest(met) as m (user_id)
            where not exists (select from unnest(ours) as o (id) where o.id = m.user_id)
                and not exists (
                    select from tendril.campaign_members seen
                    where seen.campaign_id = (others_entering.run ->> 'campaign_id')::bigint and seen.user_id = m.user_id)), others_entering.at);
    end if;
    earliest := tendril.anchored_after(campaign, (others_entering.run ->> 'version_id')::bigint, others_entering.at);
    met := tendril.users_meeting(
        campaign.filter, others_entering.after_user, batch => null, also => tendril.anchored_filter(anchor, earliest));
    return array(
        select u.id from unnest(met) as m (user_id) join tendril.users u on u.id = m.user_id
        where tendril.date_of_user(u, anchor) > earliest
            and not exists (select from unnest(ours) as o (id) where o.id = u.id)
            and not exists (
                select from tendril.enrollments past
                where past.user_id = u.id and past.sequence = campaign.sequence and past.key = others_entering.run ->> 'key')
            and not exists (select from tendril.sequence_opt_outs o where o.user_id = u.id and o.sequence = campaign.sequence)
        order by u.id);
end;
$$;
