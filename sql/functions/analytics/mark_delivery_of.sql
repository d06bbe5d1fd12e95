-- Trigger: notes that the delivery to which a row belongs, or did, may count as something else from now on.
create or replace function tendril.mark_delivery_of()
returns trigger
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
begin
    if new.delivery_id is not null then
        insert into tendril.delivery_marks (delivery_id) values (new.delivery_id);
    end if;
    if tg_op <> 'INSERT' and old.delivery_id is distinct from new.delivery_id and old.delivery_id is not null then
        insert into tendril.delivery_marks (delivery_id) values (old.delivery_id);
    end if;
    return null;
end;
$$;
