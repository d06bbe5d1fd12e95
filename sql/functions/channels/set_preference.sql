-- Changes one thing that a user prefers; null takes a choice back where there need not be one, and else changes nothing. A kind of
-- message on a channel is named as in "email.announcements".
create or replace function tendril.set_preference(user_id uuid, key text, value text, at timestamptz default tendril.clock())
returns void
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
begin
    if set_preference.key = 'timezone' then
        perform tendril.check_time_zone(set_preference.value);
        update tendril.users u set timezone = coalesce(set_preference.value, u.timezone) where u.id = set_preference.user_id;
    elsif set_preference.key = 'locale' and coalesce(set_preference.value, 'en') ~ '^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$' then
        update tendril.users u set locale = set_preference.value, locale_follows_telegram = set_preference.value is null
        where u.id = set_preference.user_id;
    elsif set_preference.key = 'frequency' then
        perform tendril.set_frequency(set_preference.user_id, set_preference.value);
    elsif set_preference.key ~ '^\w+\.(sequences|announcements|reminders)$' and set_preference.value is not null then
        perform tendril.set_consent(set_preference.user_id,
            split_part(set_preference.key, '.', 1), split_part(set_preference.key, '.', 2), set_preference.value::boolean);
    elsif set_preference.key = 'on_leaderboards' and set_preference.value is not null then
        update tendril.user_preferences p set on_leaderboards = set_preference.value::boolean where p.user_id = set_preference.user_id;
        perform tendril.list_on_leaderboards(set_preference.user_id);
    elsif set_preference.key = 'preferred_channel' then
        update tendril.user_preferences p
        set channel_order = array_remove(
            case when set_preference.value is null then '{}' else set_preference.value || array_remove(p.channel_order, set_preference.value) end, null)
        where p.user_id = set_preference.user_id;
    elsif set_preference.key in (
        'channel_order', 'preferred_time', 'quiet_from', 'quiet_until', 'paused_until', 'max_per_day', 'max_per_week') then
        update tendril.user_preferences p
        set channel_order = case set_preference.key when 'channel_order'
                then array(select jsonb_array_elements_text(coalesce(set_preference.value, '[]')::jsonb)) else p.channel_order end,
            preferred_time = case set_preference.key when 'preferred_time' then coalesce(set_preference.value, p.preferred_time) else p.preferred_time end,
            time_is_chosen = case set_preference.key when 'preferred_time' then set_preference.value is not null else p.time_is_chosen end,
            quiet_from = case set_preference.key when 'quiet_from' then coalesce(set_preference.value::time, p.quiet_from) else p.quiet_from end,
            quiet_until = case set_preference.key when 'quiet_until' then coalesce(set_preference.value::time, p.quiet_until) else p.quiet_until end,
            paused_until = case set_preference.key when 'paused_until'
                then tendril.pause_end(p.user_id, set_preference.value, set_preference.at) else p.paused_until end,
            max_per_day = case set_preference.key when 'max_per_day' then coalesce(set_preference.value::int, p.max_per_day) else p.max_per_day end,
            max_per_week = case set_preference.key when 'max_per_week' then set_preference.value::int else p.max_per_week end
        where p.user_id = set_preference.user_id;
    else
        raise exception '"%" is not a preference', set_preference.key using errcode = 'TN422', detail = set_preference.key;
    end if;
exception when check_violation or data_exception then
    raise exception '"%" is not a value that % can have', set_preference.value, set_preference.key
        using errcode = 'TN422', detail = set_preference.key;
end;
$$;
