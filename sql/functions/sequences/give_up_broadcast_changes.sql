-- Marks the messages of a broadcast that were to be edited or deleted, and that Telegram lets nobody touch after 48 hours.
create or replace function tendril.give_up_broadcast_changes(
    change text, version_id bigint, meant bigint[], at timestamptz default tendril.clock()
)
returns void
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    old bigint[] := tendril.broadcast_messages_to_change(
        give_up_broadcast_changes.change, give_up_broadcast_changes.version_id, give_up_broadcast_changes.meant, 20000,
        give_up_broadcast_changes.at - interval '48 hours');
begin
    perform from tendril.message_deliveries d where d.id = any (old) order by d.id for no key update;
    update tendril.message_deliveries d
    set metadata = d.metadata || tendril.broadcast_mark(
        give_up_broadcast_changes.change, give_up_broadcast_changes.version_id, 'too_old', give_up_broadcast_changes.at)
    where d.id = any (old);
end;
$$;
