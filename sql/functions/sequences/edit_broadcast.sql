-- Gives a broadcast that has begun another text: who has not got it yet gets the new one, and what has gone out over Telegram in
-- the last 48 hours is to be edited there (`claim_broadcast_changes`). Mails that have gone out stay as they are.
create or replace function tendril.edit_broadcast(broadcast_id bigint, content jsonb, at timestamptz default tendril.clock())
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    current tendril.broadcasts;
    version bigint;
begin
    select b.* into current from tendril.broadcasts b where b.id = edit_broadcast.broadcast_id for update;
    if not found then
        raise exception 'no broadcast %', edit_broadcast.broadcast_id using errcode = 'TN404', detail = 'broadcast_id';
    elsif current.status = 'draft' then
        raise exception 'the broadcast has not begun' using errcode = 'TN409', detail = 'status';
    elsif current.change = 'delete' then
        raise exception 'the broadcast is deleted' using errcode = 'TN409', detail = 'change';
    elsif coalesce(btrim(edit_broadcast.content #>> '{default,body}'), '') = '' then
        raise exception 'a message needs a text' using errcode = 'TN422', detail = 'content';
    end if;
    current.content := edit_broadcast.content;
    version := (tendril.publish_sequence(tendril.broadcast_definition(current), edit_broadcast.at) ->> 'version_id')::bigint;
    if version = current.version_id then
        return tendril.describe_broadcast(current.id, edit_broadcast.at);
    end if;
    update tendril.broadcasts b
    set content = edit_broadcast.content, version_id = version, version_ids = array_append(array_remove(b.version_ids, version), version),
        change = 'edit', changed_at = edit_broadcast.at, change_ended_at = null
    where b.id = current.id;
    perform tendril.renew_broadcast_messages(version, current.version_ids);
    return tendril.describe_broadcast(current.id, edit_broadcast.at);
end;
$$;
