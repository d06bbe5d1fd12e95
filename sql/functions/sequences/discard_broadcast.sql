-- Throws a drafted broadcast away; says whether there was one that had not begun.
create or replace function tendril.discard_broadcast(broadcast_id bigint)
returns boolean
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
begin
    delete from tendril.broadcasts b where b.id = discard_broadcast.broadcast_id and b.status = 'draft';
    return found;
end;
$$;
