-- Trigger: notes that the deliveries of a user were at another hour of their day than we thought.
create or replace function tendril.mark_deliveries_of_user()
returns trigger
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
begin
    insert into tendril.delivery_marks (delivery_id)
    select d.id from tendril.message_deliveries d where d.user_id = new.id and d.sent_at is not null;
    return null;
end;
$$;
