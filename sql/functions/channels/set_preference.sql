-- Changes one thing that a user prefers; null takes a choice back where there need not be one, and else changes nothing.
create or replace function tendril.set_preference(user_id uuid, key text, value text)
returns void
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
begin
    if set_preference.key = 'timezone' then
        perform tendril.check_time_zone(set_preference.value);
        update tendril.users u set timezone = coalesce(set_preference.value, u.timezone) where u.id = set_preference.user_id;
    elsif set_preference.key = 'locale' then
        update tendril.users u set locale = set_preference.value where u.id = set_preference.user_id;
    elsif set_preference.key in ('preferred_channel', 'preferred_time', 'quiet_from', 'quiet_until', 'paused_until', 'max_per_day') then
        update tendril.user_preferences p
        set preferred_channel = case set_preference.key when 'preferred_channel' then set_preference.value else p.preferred_channel end,
            preferred_time = case set_preference.key when 'preferred_time' then coalesce(set_preference.value, p.preferred_time) else p.preferred_time end,
            quiet_from = case set_preference.key when 'quiet_from' then coalesce(set_preference.value::time, p.quiet_from) else p.quiet_from end,
            quiet_until = case set_preference.key when 'quiet_until' then coalesce(set_preference.value::time, p.quiet_until) else p.quiet_until end,
            paused_until = case set_preference.key when 'paused_until' then set_preference.value::timestamptz else p.paused_until end,
            max_per_day = case set_preference.key when 'max_per_day' then coalesce(set_preference.value::int, p.max_per_day) else p.max_per_day end
        where p.user_id = set_preference.user_id;
    else
        raise exception '"%" is not a preference', set_preference.key using errcode = 'TN422', detail = set_preference.key;
    end if;
exception when check_violation or data_exception then
    raise exception '"%" is not a value that % can have', set_preference.value, set_preference.key
        using errcode = 'TN422', detail = set_preference.key;
end;
$$;
