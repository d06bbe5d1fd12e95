-- Cancels messages of a broadcast that wait to be sent, those that would leave first before the others, and lets nothing take the
-- place of one that is being sent at this moment; says how many it cancelled.
create or replace function tendril.cancel_broadcast_messages(version_ids bigint[], batch int default 20000, at timestamptz default tendril.clock())
returns int
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    chosen bigint[];
    cancelled int;
begin
    chosen := array(
        select d.id from tendril.message_deliveries d
        where d.sequence_type = 'broadcast' and d.version_id = any (cancel_broadcast_messages.version_ids) and d.delivery_status = 'pending'
        order by d.next_attempt_at, d.id limit cancel_broadcast_messages.batch);
    -- Chosen by their time, locked by their numbers, as everybody locks them.
    perform from tendril.message_deliveries d where d.id = any (chosen) order by d.id for no key update;
    update tendril.message_deliveries d set delivery_status = 'cancelled', reason = 'broadcast_stopped'
    where d.id = any (chosen) and d.delivery_status = 'pending';
    get diagnostics cancelled = row_count;
    chosen := array(
        select d.enrollment_id from tendril.message_deliveries d
        where d.id = any (chosen) and d.delivery_status = 'cancelled'
            or d.sequence_type = 'broadcast' and d.version_id = any (cancel_broadcast_messages.version_ids) and d.delivery_status = 'sending');
    perform from tendril.enrollments e where e.id = any (chosen) order by e.id for no key update;
    update tendril.enrollments e
    set status = 'cancelled', status_reason = 'broadcast_stopped', ended_at = cancel_broadcast_messages.at
    where e.id = any (chosen) and e.status in ('active', 'paused');
    return cancelled;
end;
$$;
