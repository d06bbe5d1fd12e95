-- Changes what a user prefers, key by key, and looks again at what is held for them; gives the preferences as they are then.
create or replace function tendril.set_preferences(user_id uuid, changes jsonb, at timestamptz default tendril.clock())
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    unknown_key text := (
        select key from jsonb_object_keys(set_preferences.changes) as key
        where key not in ('preferred_channel', 'preferred_time', 'timezone', 'locale', 'quiet_from', 'quiet_until', 'paused_until', 'max_per_day')
        limit 1);
    wanted jsonb := set_preferences.changes;
begin
    if unknown_key is not null then
        raise exception '"%" is not a preference', unknown_key using errcode = 'TN422', detail = unknown_key;
    end if;
    perform tendril.check_time_zone(wanted ->> 'timezone');
    update tendril.users u
    set timezone = coalesce(wanted ->> 'timezone', u.timezone),
        locale = case when wanted ? 'locale' then wanted ->> 'locale' else u.locale end
    where u.id = set_preferences.user_id and (wanted ? 'timezone' or wanted ? 'locale');
    begin
        update tendril.user_preferences p
        set preferred_channel = case when wanted ? 'preferred_channel' then wanted ->> 'preferred_channel' else p.preferred_channel end,
            preferred_time = coalesce(wanted ->> 'preferred_time', p.preferred_time),
            quiet_from = coalesce((wanted ->> 'quiet_from')::time, p.quiet_from),
            quiet_until = coalesce((wanted ->> 'quiet_until')::time, p.quiet_until),
            paused_until = case when wanted ? 'paused_until' then (wanted ->> 'paused_until')::timestamptz else p.paused_until end,
            max_per_day = coalesce((wanted ->> 'max_per_day')::int, p.max_per_day)
        where p.user_id = set_preferences.user_id;
    exception when check_violation or data_exception then
        raise exception 'this is not a value that the preference can have: %', sqlerrm using errcode = 'TN422', detail = 'changes';
    end;
    update tendril.message_deliveries d
    set next_attempt_at = greatest(d.scheduled_at, least(d.next_attempt_at, set_preferences.at))
    where d.user_id = set_preferences.user_id and d.delivery_status = 'pending'
        and d.reason in ('quiet_hours', 'user_paused', 'frequency_cap');
    return tendril.get_preferences(set_preferences.user_id);
end;
$$;
