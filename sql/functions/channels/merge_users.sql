-- Folds one user into another: history and addresses move where the other has none; running enrollments that both have end.
create or replace function tendril.merge_users(from_user uuid, into_user uuid, at timestamptz default tendril.clock())
returns void
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
begin
    perform tendril.lock_runs(array[merge_users.from_user, merge_users.into_user]);
    -- Of two runs of the same sequence the kept user's own goes on.
    update tendril.enrollments e
    set status = 'cancelled', status_reason = 'merged', ended_at = merge_users.at
    where e.user_id = merge_users.from_user and e.status in ('active', 'paused') and exists (
        select from tendril.enrollments kept
        where kept.user_id = merge_users.into_user and kept.sequence = e.sequence and kept.key = e.key and kept.status in ('active', 'paused'));
    update tendril.message_deliveries d set delivery_status = 'cancelled', reason = 'enrollment_ended'
    from tendril.enrollments e
    where e.id = d.enrollment_id and e.user_id = merge_users.from_user and e.status = 'cancelled' and d.delivery_status = 'pending';

    update tendril.enrollments e set user_id = merge_users.into_user where e.user_id = merge_users.from_user;
    update tendril.message_deliveries d set user_id = merge_users.into_user where d.user_id = merge_users.from_user;
    perform tendril.uncount_active(array[merge_users.from_user], merge_users.into_user);
    update tendril.behavior_events b set user_id = merge_users.into_user where b.user_id = merge_users.from_user;
    update tendril.conversions c set user_id = merge_users.into_user where c.user_id = merge_users.from_user;
    perform tendril.merge_behavior_days(merge_users.from_user, merge_users.into_user);
    perform tendril.merge_game(merge_users.from_user, merge_users.into_user, merge_users.at);
    insert into tendril.score_marks (user_id) values (merge_users.into_user);
    update tendril.commitments c set user_id = merge_users.into_user where c.user_id = merge_users.from_user;
    perform tendril.merge_interventions(merge_users.from_user, merge_users.into_user, merge_users.at);
    update tendril.callbacks c set user_id = merge_users.into_user where c.user_id = merge_users.from_user;
    update tendril.feedback f set user_id = merge_users.into_user where f.user_id = merge_users.from_user;
    perform tendril.merge_events(merge_users.from_user, merge_users.into_user);
    delete from tendril.contact_points c
    where c.user_id = merge_users.into_user and c.channel = 'telegram' and c.state <> 'unverified' and exists (
        select from tendril.contact_points theirs where theirs.user_id = merge_users.from_user and theirs.channel = 'telegram');
    -- What one has proved, the other need not claim any longer.
    delete from tendril.contact_points c
    where c.user_id = merge_users.into_user and c.state = 'unverified' and exists (
        select from tendril.contact_points theirs
        where theirs.user_id = merge_users.from_user and theirs.channel = c.channel and theirs.address = c.address);
    update tendril.contact_points c set user_id = merge_users.into_user
    where c.user_id = merge_users.from_user and not exists (
        select from tendril.contact_points kept
        where kept.user_id = merge_users.into_user and kept.channel = c.channel and kept.state <> 'unverified');
    insert into tendril.sequence_opt_outs (user_id, sequence, at)
    select merge_users.into_user, o.sequence, o.at from tendril.sequence_opt_outs o where o.user_id = merge_users.from_user
    on conflict (user_id, sequence) do nothing;
    insert into tendril.campaign_members (campaign_id, user_id, since)
    select m.campaign_id, merge_users.into_user, m.since from tendril.campaign_members m where m.user_id = merge_users.from_user
    on conflict (campaign_id, user_id) do nothing;
    update tendril.message_wishes w set user_id = merge_users.into_user where w.user_id = merge_users.from_user;
    insert into tendril.alert_mutes (user_id, muted_at)
    select merge_users.into_user, m.muted_at from tendril.alert_mutes m where m.user_id = merge_users.from_user
    on conflict (user_id) do nothing;
    perform tendril.merge_preferences(merge_users.from_user, merge_users.into_user);
    perform tendril.merge_profiles(merge_users.from_user, merge_users.into_user, merge_users.at);
    perform tendril.merge_standings(merge_users.from_user, merge_users.into_user);
    update tendril.users u
    set first_name = coalesce(u.chosen_name, old.chosen_name, u.first_name, old.first_name),
        chosen_name = coalesce(u.chosen_name, old.chosen_name), last_name = coalesce(u.last_name, old.last_name),
        username = coalesce(u.username, old.username), locale = coalesce(u.locale, old.locale),
        timezone = case u.timezone when 'UTC' then old.timezone else u.timezone end, roles = array(select unnest(u.roles) union select unnest(old.roles)),
        last_active_at = greatest(u.last_active_at, old.last_active_at), attributes = old.attributes || u.attributes
    from tendril.users old
    where u.id = merge_users.into_user and old.id = merge_users.from_user;
    delete from tendril.users u where u.id = merge_users.from_user;
end;
$$;
