-- Stops a broadcast, and lets what has gone out over Telegram in the last 48 hours be deleted there (`claim_broadcast_changes`).
-- Mails cannot be taken back. Deleting twice changes nothing.
create or replace function tendril.delete_broadcast(broadcast_id bigint, at timestamptz default tendril.clock())
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
begin
    if (tendril.stop_broadcast(delete_broadcast.broadcast_id, delete_broadcast.at) ->> 'status') = 'draft' then
        raise exception 'the broadcast has not begun' using errcode = 'TN409', detail = 'status';
    end if;
    update tendril.broadcasts b
    set change = 'delete', changed_at = delete_broadcast.at, change_ended_at = null
    where b.id = delete_broadcast.broadcast_id and b.change is distinct from 'delete';
    return tendril.describe_broadcast(delete_broadcast.broadcast_id, delete_broadcast.at);
end;
$$;
