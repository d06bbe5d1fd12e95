-- Counts the messages that wait to be sent and the people they are for: all, or those of a sequence, or over a channel; changes
-- nothing.
create or replace function tendril.waiting_messages(sequence text default null, channel text default null)
returns jsonb
language sql stable
set search_path = ''
as $$
    select jsonb_build_object('messages', count(*), 'people', count(distinct d.user_id))
    from tendril.message_deliveries d
    where d.delivery_status = 'pending'
        and (waiting_messages.sequence is null or d.sequence_type = waiting_messages.sequence)
        and (waiting_messages.channel is null or d.channel = waiting_messages.channel);
$$;
