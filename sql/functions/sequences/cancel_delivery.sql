-- Takes back one message that is not with a provider yet: it counts as skipped, and its sequence goes on. Gives it.
create or replace function tendril.cancel_delivery(delivery_id bigint, at timestamptz default tendril.clock())
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    current tendril.message_deliveries;
begin
    select d.* into current from tendril.message_deliveries d where d.id = cancel_delivery.delivery_id for no key update;
    if not found then
        raise exception 'no delivery %', cancel_delivery.delivery_id using errcode = 'TN404', detail = 'delivery_id';
    elsif current.delivery_status = 'skipped' and current.reason = 'by_admin' then
        return tendril.describe_delivery(current);
    elsif current.delivery_status <> 'pending' then
        raise exception 'the message is %: only one that waits can be taken back', current.delivery_status
            using errcode = 'TN409', detail = 'delivery_status';
    end if;
    update tendril.message_deliveries d set delivery_status = 'skipped', reason = 'by_admin'
    where d.id = current.id returning d.* into current;
    insert into tendril.delivery_events (delivery_id, source, type, reason, occurred_at, recorded_at)
    values (current.id, 'admin', 'skip', 'by_admin', cancel_delivery.at, cancel_delivery.at);
    perform tendril.advance_enrollments(array[current.id], cancel_delivery.at);
    return tendril.describe_delivery(current);
end;
$$;
