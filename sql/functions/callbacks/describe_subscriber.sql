-- Describes a subscriber, without its secret, and how many callbacks wait for it; changes nothing.
create or replace function tendril.describe_subscriber(subscriber_id bigint)
returns jsonb
language plpgsql stable
set search_path = ''
as $$
#variable_conflict use_column
declare
    described jsonb;
begin
    select jsonb_build_object(
        'id', s.id, 'url', s.url, 'description', s.description, 'events', s.events, 'paused_at', s.paused_at, 'paused_reason', s.paused_reason,
        'failing_since', s.failing_since, 'succeeded_at', s.succeeded_at,
        'waiting', (select count(*) from tendril.callbacks c where c.subscriber_id = s.id and c.status = 'pending'),
        'created_by', s.created_by, 'created_at', s.created_at, 'changed_at', s.changed_at)
    into described
    from tendril.callback_subscribers s where s.id = describe_subscriber.subscriber_id;
    if not found then
        raise exception 'there is no webhook with this id' using errcode = 'TN404', detail = 'id';
    end if;
    return described;
end;
$$;
