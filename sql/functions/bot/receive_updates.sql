-- Keeps what Telegram sent until it is handled; an update that came before is not kept again. Says how many were new.
create or replace function tendril.receive_updates(updates jsonb, at timestamptz default tendril.clock())
returns int
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    kept int;
begin
    insert into tendril.telegram_updates (update_id, telegram_id, payload, received_at)
    select (u.value ->> 'update_id')::bigint,
        (jsonb_path_query_first(u.value, '$.*.from.id') #>> '{}')::bigint, u.value, receive_updates.at
    from jsonb_array_elements(receive_updates.updates) u
    order by 1
    on conflict (update_id) do nothing;
    get diagnostics kept = row_count;
    return kept;
end;
$$;
