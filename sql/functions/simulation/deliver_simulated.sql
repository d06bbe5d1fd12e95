-- Does at one moment of a simulation what the pipelines and the clock would do: falls back from what nobody answered, puts what is due
-- before the gate, and records what became of what it lets pass; gives what was sent.
create or replace function tendril.deliver_simulated(users uuid[], people jsonb, at timestamptz default tendril.clock())
returns bigint[]
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    due bigint[];
    passed bigint[];
    sent bigint[] := '{}';
    over text;
    token uuid := gen_random_uuid();
begin
    perform tendril.close_unanswered(
        array(select d.id from tendril.message_deliveries d where d.user_id = any (deliver_simulated.users) and d.fallback_at <= deliver_simulated.at),
        deliver_simulated.at);
    -- What the gate sends another way, and what falls back, is due at once.
    for round in 1 .. 20 loop
        select d.channel into over from tendril.message_deliveries d
        where d.user_id = any (deliver_simulated.users) and d.delivery_status = 'pending' and d.next_attempt_at <= deliver_simulated.at
            and not (d.channel = 'telegram' and tendril.chat_is_busy(d.user_id, deliver_simulated.at))
        order by d.channel = 'telegram' desc, d.channel limit 1;
        exit when not found;
        due := tendril.due_simulated(deliver_simulated.users, over, deliver_simulated.at);
        passed := tendril.apply_gate(due, 'simulation', over, token, deliver_simulated.at + interval '1 minute', deliver_simulated.at);
        -- Nobody knows when what is closed now will be opened: it is looked at once a day, not every five minutes.
        update tendril.message_deliveries d set next_attempt_at = deliver_simulated.at + interval '1 day'
        where d.id = any (due) and d.delivery_status = 'pending' and d.reason in ('everything_paused', 'channel_paused', 'channel_off');
        sent := sent || tendril.settle_simulated(passed, deliver_simulated.people, token, deliver_simulated.at);
    end loop;
    return sent;
end;
$$;
