-- Lists what a subscriber was told or is to be told, the newest first, so many before one of them, and every attempt; changes
-- nothing.
create or replace function tendril.list_callbacks(
    subscriber_id bigint, status text default null, before bigint default null, batch int default 100
)
returns setof jsonb
language plpgsql stable
set search_path = ''
as $$
#variable_conflict use_column
begin
    perform tendril.describe_subscriber(list_callbacks.subscriber_id);
    return query
    select jsonb_build_object(
        'id', c.id, 'message_id', 'msg_' || replace(c.message_id::text, '-', ''), 'type', c.type, 'status', c.status, 'user_id', c.user_id,
        'details', c.details, 'occurred_at', c.occurred_at, 'created_at', c.created_at, 'ended_at', c.ended_at,
        'next_attempt_at', case when c.status = 'pending' then c.next_attempt_at end,
        'attempts', coalesce((
            select jsonb_agg(jsonb_build_object(
                'at', a.at, 'status_code', a.status_code, 'error', a.error, 'milliseconds', a.milliseconds) order by a.id)
            from tendril.callback_attempts a where a.callback_id = c.id), '[]'))
    from tendril.callbacks c
    where c.subscriber_id = list_callbacks.subscriber_id and c.id < coalesce(list_callbacks.before, 9223372036854775807)
        and (list_callbacks.status is null or c.status = list_callbacks.status)
    order by c.id desc limit list_callbacks.batch;
end;
$$;
