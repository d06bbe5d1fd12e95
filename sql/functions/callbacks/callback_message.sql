-- Gives a callback as it is sent: where to, its id, its body, and what to sign it with; changes nothing.
create or replace function tendril.callback_message(callback_id bigint, at timestamptz default tendril.clock())
returns jsonb
language sql stable
set search_path = ''
as $$
    select jsonb_build_object(
        'id', c.id, 'lease', c.lease, 'subscriber_id', s.id, 'url', s.url, 'message_id', 'msg_' || replace(c.message_id::text, '-', ''),
        'secrets', array_remove(array[s.secret, case when s.old_secret_until > callback_message.at then s.old_secret end], null),
        'body', jsonb_build_object(
            'type', c.type, 'timestamp', c.occurred_at,
            'data', jsonb_strip_nulls(jsonb_build_object('user_id', u.id, 'external_id', u.external_id)) || c.details))
    from tendril.callbacks c
    join tendril.callback_subscribers s on s.id = c.subscriber_id
    left join tendril.users u on u.id = c.user_id
    where c.id = callback_message.callback_id;
$$;
