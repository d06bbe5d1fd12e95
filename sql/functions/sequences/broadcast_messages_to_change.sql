-- Gives messages of these versions of a broadcast that stand in a Telegram chat and are still to be edited or deleted; changes
-- nothing.
create or replace function tendril.broadcast_messages_to_change(
    change text, version_id bigint, meant bigint[], batch int default null, sent_before timestamptz default null
)
returns bigint[]
language sql stable
set search_path = ''
as $$
    select coalesce(array_agg(t.id), '{}') from (
        select d.id from tendril.message_deliveries d
        where d.sequence_type = 'broadcast' and d.channel = 'telegram' and d.sent_at is not null and not d.metadata ? 'deletion'
            and d.version_id = any (broadcast_messages_to_change.meant)
            and d.provider_message_id is not null and d.delivery_status not in ('pending', 'sending')
            and (broadcast_messages_to_change.change = 'delete'
                or (d.metadata #>> '{edit,version}')::bigint is distinct from broadcast_messages_to_change.version_id)
            and (broadcast_messages_to_change.sent_before is null or d.sent_at <= broadcast_messages_to_change.sent_before)
        order by d.id limit broadcast_messages_to_change.batch
    ) t;
$$;
