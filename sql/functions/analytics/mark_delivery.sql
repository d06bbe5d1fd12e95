-- Trigger: notes that a delivery may count as something else from now on.
create or replace function tendril.mark_delivery()
returns trigger
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
begin
    insert into tendril.delivery_marks (delivery_id) values (coalesce(new.id, old.id));
    return null;
end;
$$;
