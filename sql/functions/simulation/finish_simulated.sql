-- Takes as sent what workers have in hand for real people whom a simulation copied; gives those messages.
create or replace function tendril.finish_simulated(users uuid[], at timestamptz default tendril.clock())
returns bigint[]
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    token uuid := gen_random_uuid();
    in_hand bigint[];
begin
    with taken as (
        update tendril.message_deliveries d set lease_token = token, batch_key = null, batch_position = null
        where d.user_id = any (finish_simulated.users) and d.delivery_status = 'sending'
        returning d.id
    )
    select coalesce(array_agg(id), '{}') into in_hand from taken;
    return tendril.settle_simulated(in_hand, '[]', token, finish_simulated.at);
end;
$$;
