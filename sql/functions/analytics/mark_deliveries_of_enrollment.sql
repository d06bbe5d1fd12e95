-- Trigger: notes that the deliveries of an enrollment may count for another campaign or variant from now on.
create or replace function tendril.mark_deliveries_of_enrollment()
returns trigger
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
begin
    insert into tendril.delivery_marks (delivery_id)
    select d.id from tendril.message_deliveries d where d.enrollment_id = new.id;
    return null;
end;
$$;
