-- Trigger: notes that somebody unsubscribed from a link in a delivery, which the id of the behavior event names.
create or replace function tendril.mark_unsubscribed()
returns trigger
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
begin
    insert into tendril.delivery_marks (delivery_id)
    select d.id from tendril.message_deliveries d
    where new.event_id ~ '^unsubscribed:[0-9a-f-]{36}:' and d.tracking_id = substr(new.event_id, 14, 36)::uuid;
    return null;
end;
$$;
