-- Lets a drafted broadcast go out, now or at a later time; from here on `carry_broadcasts` plans it. Starting it twice is refused.
create or replace function tendril.start_broadcast(
    broadcast_id bigint, starts_at timestamptz default null, at timestamptz default tendril.clock()
)
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    drafted tendril.broadcasts;
    version bigint;
begin
    select b.* into drafted from tendril.broadcasts b where b.id = start_broadcast.broadcast_id for update;
    if not found then
        raise exception 'no broadcast %', start_broadcast.broadcast_id using errcode = 'TN404', detail = 'broadcast_id';
    elsif drafted.status <> 'draft' then
        raise exception 'the broadcast is % already', drafted.status using errcode = 'TN409', detail = 'status';
    elsif start_broadcast.starts_at < start_broadcast.at then
        raise exception 'this time is over' using errcode = 'TN422', detail = 'starts_at';
    end if;
    version := (tendril.publish_sequence(tendril.broadcast_definition(drafted), start_broadcast.at) ->> 'version_id')::bigint;
    update tendril.broadcasts b
    set status = case when start_broadcast.starts_at > start_broadcast.at then 'scheduled' else 'sending' end,
        starts_at = coalesce(start_broadcast.starts_at, start_broadcast.at),
        version_id = version, version_ids = array[version]
    where b.id = drafted.id;
    return tendril.describe_broadcast(drafted.id, start_broadcast.at);
end;
$$;
