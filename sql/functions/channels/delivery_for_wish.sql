-- Finds the message under which somebody tells a wish; refuses a wish that there is not, and a message of somebody else; changes nothing.
create or replace function tendril.delivery_for_wish(tracking_id uuid, wish text, user_id uuid default null)
returns tendril.message_deliveries
language plpgsql stable
set search_path = ''
as $$
#variable_conflict use_column
declare
    told tendril.message_deliveries;
begin
    select d.* into told from tendril.message_deliveries d
    where d.tracking_id = delivery_for_wish.tracking_id
        and (delivery_for_wish.user_id is null or d.user_id = delivery_for_wish.user_id);
    if not found then
        raise exception 'no such message' using errcode = 'TN404', detail = 'tracking_id';
    elsif delivery_for_wish.wish not in ('less', 'not', 'stop') then
        raise exception 'a wish is "less", "not" or "stop"' using errcode = 'TN422', detail = 'wish';
    end if;
    return told;
end;
$$;
