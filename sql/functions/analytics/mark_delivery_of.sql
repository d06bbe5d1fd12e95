-- Trigger: notes that the delivery to which a row belongs, or did, may count as something else from now on.
create or replace function tendril.mark_delivery_of()
returns trigger
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
begin
    insert into tendril.delivery_marks (delivery_id)
    select distinct marked.id from unnest(array[old.delivery_id, new.delivery_id]) as marked (id) where marked.id is not null;
    return null;
end;
$$;
