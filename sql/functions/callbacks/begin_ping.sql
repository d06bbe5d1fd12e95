-- Leases a callback that says nothing to a subscriber, paused or not, for its answer to be seen at once.
create or replace function tendril.begin_ping(subscriber_id bigint, lease_seconds float8 default 30, at timestamptz default tendril.clock())
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    made bigint;
begin
    insert into tendril.callbacks (subscriber_id, key, type, occurred_at, created_at, attempts, next_attempt_at, give_up_at, lease)
    select s.id, 'ping:' || gen_random_uuid(), 'ping', begin_ping.at, begin_ping.at, 1,
        begin_ping.at + make_interval(secs => begin_ping.lease_seconds), begin_ping.at, gen_random_uuid()
    from tendril.callback_subscribers s where s.id = begin_ping.subscriber_id
    returning id into made;
    if made is null then
        raise exception 'there is no webhook with this id' using errcode = 'TN404', detail = 'id';
    end if;
    return tendril.callback_message(made, begin_ping.at);
end;
$$;
