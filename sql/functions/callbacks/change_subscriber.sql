-- Changes of a subscriber what is in `changes`: url, events, description, is_paused, secret. The secret before signs for a day as
-- well. One that is paused no longer begins as if it had never failed. Describes it.
create or replace function tendril.change_subscriber(subscriber_id bigint, changes jsonb, at timestamptz default tendril.clock())
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    changed jsonb := change_subscriber.changes;
    begins boolean := change_subscriber.changes ->> 'is_paused' = 'false';
    ends boolean := change_subscriber.changes ->> 'is_paused' = 'true';
begin
    update tendril.callback_subscribers s
    set url = coalesce(changed ->> 'url', s.url),
        description = coalesce(changed ->> 'description', s.description),
        events = case when changed ? 'events' then array(select jsonb_array_elements_text(changed -> 'events')) else s.events end,
        secret = coalesce(changed ->> 'secret', s.secret),
        old_secret = case when changed ? 'secret' then s.secret else s.old_secret end,
        old_secret_until = case when changed ? 'secret' then change_subscriber.at + interval '24 hours' else s.old_secret_until end,
        paused_at = case when begins then null when ends then coalesce(s.paused_at, change_subscriber.at) else s.paused_at end,
        paused_reason = case when begins then null when ends then coalesce(s.paused_reason, 'admin') else s.paused_reason end,
        failures = case when begins then 0 else s.failures end,
        failing_since = case when begins then null else s.failing_since end,
        blocked_until = case when begins then null else s.blocked_until end,
        changed_at = change_subscriber.at
    where s.id = change_subscriber.subscriber_id;
    return tendril.describe_subscriber(change_subscriber.subscriber_id);
end;
$$;
