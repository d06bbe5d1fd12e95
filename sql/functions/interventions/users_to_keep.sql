-- Gives whom something is to be done for now, the highest risk first: whose risk rose since we may act, and who can be written to, has
-- not been lately, has not left three in a row unanswered, and is no admin. Looks at the risks that were reckoned since the last look;
-- each is, once a day at least. Changes nothing.
create or replace function tendril.users_to_keep(most int, at timestamptz default tendril.clock())
returns uuid[]
language plpgsql stable
set search_path = ''
as $$
#variable_conflict use_column
declare
    rules tendril.intervention_rules;
begin
    select * into rules from tendril.intervention_rules;
    return array(
        select waiting.user_id
        from (
            select r.user_id, r.risk
            from tendril.drop_off_risks r
            join tendril.users u on u.id = r.user_id and u.deleted_at is null and u.roles = '{}'
            left join tendril.user_preferences p on p.user_id = u.id
            where rules.mode <> 'off' and r.risk >= 60 and r.risk >= rules.threshold and r.rose_at >= rules.since
                -- who reckons them may take a while to be done
                and r.calculated_at > coalesce(rules.looked_at - interval '10 minutes', '-infinity')
                -- whoever did something since is judged anew first
                and coalesce(u.last_active_at <= r.calculated_at, true)
                and p.stopped_at is null and coalesce(p.paused_until <= users_to_keep.at, true)
                and not exists (
                    select from tendril.interventions i
                    where i.user_id = r.user_id and (i.ended_at is null or i.created_at > users_to_keep.at - rules.cooldown))
                and not exists (
                    select from tendril.enrollments e
                    where e.user_id = r.user_id and e.sequence ^@ 'intervention_' and e.enrolled_at > users_to_keep.at - rules.cooldown)
                -- that sequence calls back, too, and steps back once an intervention has begun
                and not exists (
                    select from tendril.message_deliveries d
                    where d.user_id = r.user_id and d.sequence_type = 're_engagement' and d.sent_at > users_to_keep.at - interval '3 days')
                and (
                    select count(*) from tendril.interventions i
                    where i.user_id = r.user_id and i.status = 'stayed_away' and i.created_at > coalesce(u.last_active_at, '-infinity')) < 3
            order by r.risk desc, r.user_id
            offset 0  -- whether they can be written to is asked of as few as are needed
        ) waiting
        where tendril.open_channels(waiting.user_id) <> '{}'
        limit users_to_keep.most);
end;
$$;
