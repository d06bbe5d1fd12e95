-- Gives whom something is to be done for now, the highest risk first: whose risk rose since we may act, and who can be written to, has
-- not been lately, and has not left three in a row unanswered; changes nothing.
create or replace function tendril.users_to_keep(most int, at timestamptz default tendril.clock())
returns uuid[]
language sql stable
set search_path = ''
as $$
    select array(
        select r.user_id
        from tendril.intervention_rules rules
        join tendril.drop_off_risks r on r.risk >= rules.threshold and r.rose_at >= rules.since
        join tendril.users u on u.id = r.user_id and u.deleted_at is null
        left join tendril.user_preferences p on p.user_id = u.id
        where rules.mode <> 'off'
            -- whoever did something since is judged anew first
            and coalesce(u.last_active_at <= r.calculated_at, true)
            and p.stopped_at is null and coalesce(p.paused_until <= users_to_keep.at, true)
            and tendril.open_channels(u.id) <> '{}'
            and not exists (
                select from tendril.interventions i
                where i.user_id = u.id and (i.ended_at is null or i.created_at > users_to_keep.at - rules.cooldown))
            and not exists (
                select from tendril.enrollments e
                where e.user_id = u.id and (e.sequence ^@ 'intervention_' or e.sequence = 're_engagement')
                    and e.enrolled_at > users_to_keep.at - rules.cooldown)
            and (
                select count(*) from tendril.interventions i
                where i.user_id = u.id and i.status = 'stayed_away' and i.created_at > coalesce(u.last_active_at, '-infinity')) < 3
        order by r.risk desc, r.user_id
        limit users_to_keep.most);
$$;
