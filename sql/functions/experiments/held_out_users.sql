-- Gives those of these users whom a campaign or the global holdout keeps from the campaign's messages; transactional ones are never
-- held back; changes nothing.
create or replace function tendril.held_out_users(users uuid[], sequence text, campaign_id bigint)
returns uuid[]
language plpgsql stable
set search_path = ''
as $$
#variable_conflict use_column
declare
    own_share double precision;
    global_share double precision;
    global_seed text;
begin
    if held_out_users.campaign_id is null then
        return '{}';
    end if;
    select c.holdout, g.share, g.seed into own_share, global_share, global_seed
    from tendril.campaigns c
    left join tendril.global_holdout g on true
    where c.id = held_out_users.campaign_id and greatest(c.holdout, g.share) > 0 and not tendril.is_transactional(held_out_users.sequence);
    if not found then
        return '{}';
    end if;
    return array(
        select u.id from unnest(held_out_users.users) as u (id)
        where tendril.experiment_bucket(u.id::text, 'campaign_holdout:' || held_out_users.campaign_id) < own_share
            or tendril.experiment_bucket(u.id::text, global_seed) < global_share
            -- who was merged into another user since then
            or exists (
                select from tendril.enrollments past
                where past.user_id = u.id and past.sequence = held_out_users.sequence
                    and past.campaign_id = held_out_users.campaign_id and past.status_reason = 'holdout' and past.experiment_id is null));
end;
$$;
