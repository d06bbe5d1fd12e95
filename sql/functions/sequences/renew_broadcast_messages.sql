-- Lets messages of a broadcast that wait to be sent say what its newest version says, those that would leave first before the
-- others; says how many.
create or replace function tendril.renew_broadcast_messages(version_id bigint, earlier_ids bigint[], batch int default 20000)
returns int
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    chosen bigint[];
    renewed int;
begin
    chosen := array(
        select d.id from tendril.message_deliveries d
        where d.sequence_type = 'broadcast' and d.version_id = any (array_remove(renew_broadcast_messages.earlier_ids, renew_broadcast_messages.version_id))
            and d.delivery_status = 'pending'
        order by d.next_attempt_at, d.id limit renew_broadcast_messages.batch);
    -- Chosen by their time, locked by their numbers, as everybody locks them.
    perform from tendril.message_deliveries d where d.id = any (chosen) order by d.id for no key update;
    update tendril.message_deliveries d set version_id = renew_broadcast_messages.version_id, message_content = null
    where d.id = any (chosen) and d.delivery_status = 'pending';
    get diagnostics renewed = row_count;
    return renewed;
end;
$$;
