-- Attributes conversions anew of whom these deliveries went to: what is known of the deliveries has changed.
create or replace function tendril.attribute_again(deliveries bigint[], at timestamptz default tendril.clock())
returns void
language plpgsql
set search_path = ''
set random_page_cost = 1.1
as $$
#variable_conflict use_column
declare
    events bigint[];
begin
    if not tendril.has_goals() then
        return;
    end if;
    -- Whoever records right now what one of them did does not know of the change yet: what they write is looked at after them.
    perform from tendril.users u
    where u.id = any (array(select d.user_id from tendril.message_deliveries d where d.id = any (attribute_again.deliveries)))
    order by u.id for no key update;
    select array_agg(distinct c.behavior_event_id) into events
    from tendril.message_deliveries d
    join tendril.conversions c on c.user_id = d.user_id and c.occurred_at >= d.sent_at
    where d.id = any (attribute_again.deliveries);
    if events is not null then
        perform tendril.record_conversions(events, attribute_again.at);
    end if;
end;
$$;
