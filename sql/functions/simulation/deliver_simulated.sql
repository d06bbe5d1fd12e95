-- Does at one moment of a simulation what the pipelines and the clock would do: falls back from what nobody answered, puts what is due
-- before the gate, and records what became of what it lets pass; gives what was sent.
create or replace function tendril.deliver_simulated(users uuid[], people jsonb, at timestamptz default tendril.clock())
returns bigint[]
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    unanswered bigint[];
    passed bigint[];
    sent bigint[] := '{}';
    over text;
    token uuid := gen_random_uuid();
begin
    unanswered := array(
        select d.id from tendril.message_deliveries d where d.user_id = any (deliver_simulated.users) and d.fallback_at <= deliver_simulated.at);
    if cardinality(unanswered) > 0 then
        perform tendril.close_unanswered(unanswered, deliver_simulated.at);
    end if;
    -- Each channel in turn claims what it may send, as its pipeline would; what the gate sends another way, and what falls back, is
    -- due at once.
    for round in 1 .. 20 loop
        exit when not exists (
            select from tendril.message_deliveries d
            where d.user_id = any (deliver_simulated.users) and d.delivery_status = 'pending' and d.next_attempt_at <= deliver_simulated.at
                and not (d.channel = 'telegram' and tendril.chat_is_busy(d.user_id, deliver_simulated.at)));
        foreach over in array array['telegram', 'email', 'sms', 'push', 'in_app'] loop
            passed := tendril.claim_simulated(deliver_simulated.users, over, token, deliver_simulated.at);
            continue when cardinality(passed) = 0;
            sent := sent || tendril.settle_simulated(passed, deliver_simulated.people, token, deliver_simulated.at);
        end loop;
    end loop;
    return sent;
end;
$$;
