-- Begins a request that came with an idempotency key, unless it was begun already. The outcome is `begun`, `answered` (with status
-- and answer), `under_way`, `unknown` (whoever worked on it ended before it could say), or `other` (the key belongs to another
-- request). After `kept` a key is free again.
create or replace function tendril.begin_request(
    caller text, key text, fingerprint text, patience interval default '1 minute', kept interval default '24 hours',
    at timestamptz default tendril.clock()
)
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    known tendril.idempotency_keys;
begin
    insert into tendril.idempotency_keys as k (caller, key, request, begun_at, expected_until)
    values (
        decode(begin_request.caller, 'hex'), begin_request.key, decode(begin_request.fingerprint, 'hex'), begin_request.at,
        begin_request.at + begin_request.patience)
    on conflict (caller, key) do update
    set request = excluded.request, begun_at = excluded.begun_at, expected_until = excluded.expected_until, status = null, answer = null
    where k.begun_at <= begin_request.at - begin_request.kept;
    if found then
        return jsonb_build_object('outcome', 'begun');
    end if;
    select k.* into known from tendril.idempotency_keys k
    where k.caller = decode(begin_request.caller, 'hex') and k.key = begin_request.key;
    return case
        when known.request <> decode(begin_request.fingerprint, 'hex') then jsonb_build_object('outcome', 'other')
        when known.status is not null then jsonb_build_object('outcome', 'answered', 'status', known.status, 'answer', known.answer)
        when known.expected_until > begin_request.at then jsonb_build_object('outcome', 'under_way')
        else jsonb_build_object('outcome', 'unknown')
    end;
end;
$$;
