-- Takes over what one user prefers where the other never said anything; a stop, a pause and staying off leaderboards of either hold
-- for both.
create or replace function tendril.merge_preferences(from_user uuid, into_user uuid)
returns void
language sql
set search_path = ''
as $$
    update tendril.user_preferences p
    set channel_order = case p.channel_order when '{}' then old.channel_order else p.channel_order end,
        preferred_time = case when p.time_is_chosen then p.preferred_time else old.preferred_time end,
        time_is_chosen = p.time_is_chosen or old.time_is_chosen,
        quiet_from = case when (p.quiet_from, p.quiet_until) = (time '22:00', time '08:00') then old.quiet_from else p.quiet_from end,
        quiet_until = case when (p.quiet_from, p.quiet_until) = (time '22:00', time '08:00') then old.quiet_until else p.quiet_until end,
        paused_until = greatest(p.paused_until, old.paused_until),
        max_per_day = least(p.max_per_day, old.max_per_day),
        max_per_week = least(p.max_per_week, old.max_per_week),
        stopped_at = coalesce(p.stopped_at, old.stopped_at),
        on_leaderboards = p.on_leaderboards and old.on_leaderboards
    from tendril.user_preferences old
    where p.user_id = merge_preferences.into_user and old.user_id = merge_preferences.from_user;
$$;
