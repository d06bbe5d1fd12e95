-- Ends a user's consent from a link in a message: for the channel it came over, or for everything that is not transactional.
create or replace function tendril.unsubscribe(tracking_id uuid, scope text, source text, at timestamptz default tendril.clock())
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    told record;
begin
    select d.user_id, d.channel, d.recipient_address into told
    from tendril.message_deliveries d where d.tracking_id = unsubscribe.tracking_id;
    if not found then
        raise exception 'no such message' using errcode = 'TN404', detail = 'tracking_id';
    end if;
    if unsubscribe.scope not in ('channel', 'everything') then
        raise exception 'the scope is "channel" or "everything"' using errcode = 'TN422', detail = 'scope';
    end if;
    perform tendril.lock_runs(array[told.user_id]);
    update tendril.contact_points c
    set unsubscribed_at = coalesce(c.unsubscribed_at, unsubscribe.at)
    where c.user_id = told.user_id and c.channel = told.channel;
    if unsubscribe.scope = 'everything' then
        perform tendril.stop_everything(told.user_id, unsubscribe.source, unsubscribe.at);
    else
        perform tendril.announce_unsubscribe(told.user_id, 'channel', unsubscribe.tracking_id::text,
            jsonb_build_object('channel', told.channel, 'source', unsubscribe.source), unsubscribe.at);
    end if;
    perform tendril.record_behavior_events(jsonb_build_array(jsonb_build_object(
        'event_id', 'unsubscribed:' || unsubscribe.tracking_id || ':' || unsubscribe.scope, 'user_id', told.user_id, 'type', 'unsubscribed',
        'source', unsubscribe.source, 'occurred_at', unsubscribe.at,
        'metadata', jsonb_build_object('channel', told.channel, 'scope', unsubscribe.scope))), unsubscribe.at);
    return jsonb_build_object('user_id', told.user_id, 'channel', told.channel, 'scope', unsubscribe.scope, 'address', told.recipient_address,
        'locale', (select u.locale from tendril.users u where u.id = told.user_id));
end;
$$;
