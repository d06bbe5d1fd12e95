-- Stops a broadcast at once: nobody more is planned, and what would leave next is cancelled in this call, the rest by
-- `carry_broadcasts`. What is being sent at this moment may still arrive. Stopping twice changes nothing.
create or replace function tendril.stop_broadcast(broadcast_id bigint, at timestamptz default tendril.clock())
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    stopped tendril.broadcasts;
begin
    select b.* into stopped from tendril.broadcasts b where b.id = stop_broadcast.broadcast_id for update;
    if not found then
        raise exception 'no broadcast %', stop_broadcast.broadcast_id using errcode = 'TN404', detail = 'broadcast_id';
    elsif stopped.status in ('scheduled', 'sending') then
        update tendril.broadcasts b set status = 'stopped' where b.id = stopped.id;
        perform tendril.cancel_broadcast_messages(stopped.version_ids, at => stop_broadcast.at);
    end if;
    return tendril.describe_broadcast(stopped.id, stop_broadcast.at);
end;
$$;
