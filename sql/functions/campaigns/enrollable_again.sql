-- Gives those of these users, in their order, whom a triggered campaign may enroll now: who is not on the way, was not before, or not for
-- as long as its schedule's "again_after", did not decline its sequence, and did not stop everything; changes nothing.
create or replace function tendril.enrollable_again(campaign tendril.campaigns, users uuid[], at timestamptz default tendril.clock())
returns uuid[]
language sql stable
set search_path = ''
as $$
    select coalesce(array_agg(u.user_id order by u.user_id), '{}')
    from unnest(enrollable_again.users) as u (user_id)
    where not exists (
            select from tendril.enrollments past
            where past.user_id = u.user_id and past.sequence = enrollable_again.campaign.sequence
                and past.key = tendril.campaign_key(enrollable_again.campaign)
                and (past.status in ('active', 'paused') or enrollable_again.campaign.schedule ->> 'again_after' is null
                    or past.enrolled_at > enrollable_again.at - (enrollable_again.campaign.schedule ->> 'again_after')::interval))
        and not exists (
            select from tendril.sequence_opt_outs o where o.user_id = u.user_id and o.sequence = enrollable_again.campaign.sequence)
        and not exists (select from tendril.user_preferences p where p.user_id = u.user_id and p.stopped_at is not null);
$$;
