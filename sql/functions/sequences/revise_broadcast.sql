-- Replaces what a drafted broadcast says; once it has begun, `edit_broadcast` does.
create or replace function tendril.revise_broadcast(broadcast_id bigint, content jsonb, at timestamptz default tendril.clock())
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    current tendril.broadcasts;
begin
    select b.* into current from tendril.broadcasts b where b.id = revise_broadcast.broadcast_id for update;
    if not found then
        raise exception 'no broadcast %', revise_broadcast.broadcast_id using errcode = 'TN404', detail = 'broadcast_id';
    elsif current.status <> 'draft' then
        raise exception 'the broadcast is % already', current.status using errcode = 'TN409', detail = 'status';
    elsif coalesce(btrim(revise_broadcast.content #>> '{default,body}'), '') = '' then
        raise exception 'a message needs a text' using errcode = 'TN422', detail = 'content';
    end if;
    update tendril.broadcasts b set content = revise_broadcast.content where b.id = current.id;
    return tendril.describe_broadcast(current.id, revise_broadcast.at);
end;
$$;
