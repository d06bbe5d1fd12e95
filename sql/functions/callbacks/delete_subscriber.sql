-- Deletes a subscriber with everything that it was told, and gives its description as it was.
create or replace function tendril.delete_subscriber(subscriber_id bigint)
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    described jsonb := tendril.describe_subscriber(delete_subscriber.subscriber_id);
begin
    delete from tendril.callback_subscribers s where s.id = delete_subscriber.subscriber_id;
    return described;
end;
$$;
