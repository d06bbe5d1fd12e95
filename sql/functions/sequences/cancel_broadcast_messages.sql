-- Cancels messages of a broadcast that wait to be sent, those that would leave first before the others; says how many.
create or replace function tendril.cancel_broadcast_messages(version_id bigint, batch int default 20000, at timestamptz default tendril.clock())
returns int
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    cancelled int;
begin
    with chosen as (
        select d.id, d.enrollment_id from tendril.message_deliveries d
        where d.sequence_type = 'broadcast' and d.version_id = cancel_broadcast_messages.version_id and d.delivery_status = 'pending'
        order by d.next_attempt_at, d.id limit cancel_broadcast_messages.batch
        for no key update
    ), dropped as (
        update tendril.message_deliveries d set delivery_status = 'cancelled', reason = 'broadcast_stopped'
        from chosen c where d.id = c.id
    ), ended as (
        update tendril.enrollments e
        set status = 'cancelled', status_reason = 'broadcast_stopped', ended_at = cancel_broadcast_messages.at
        from chosen c where e.id = c.enrollment_id and e.status in ('active', 'paused')
    )
    select count(*) into cancelled from chosen;
    return cancelled;
end;
$$;
