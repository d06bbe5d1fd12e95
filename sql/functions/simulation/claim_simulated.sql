-- Puts what is due over a channel in a simulation before the gate, and gives what it lets pass. As in a claim, where it lets nothing
-- pass it is asked again: what is held or skipped leaves room.
create or replace function tendril.claim_simulated(users uuid[], channel text, token uuid, at timestamptz default tendril.clock())
returns bigint[]
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    due bigint[];
    passed bigint[] := '{}';
begin
    for round in 1 .. 20 loop
        due := tendril.due_simulated(claim_simulated.users, claim_simulated.channel, claim_simulated.at);
        exit when cardinality(due) = 0;
        passed := tendril.apply_gate(
            due, 'simulation', claim_simulated.channel, claim_simulated.token, claim_simulated.at + interval '1 minute', claim_simulated.at);
        -- Nobody knows when what is closed now will be opened: it is looked at once a day, not every five minutes.
        update tendril.message_deliveries d set next_attempt_at = claim_simulated.at + interval '1 day'
        where d.id = any (due) and d.delivery_status = 'pending' and d.reason in ('everything_paused', 'channel_paused', 'channel_off');
        exit when cardinality(passed) > 0;
    end loop;
    return passed;
end;
$$;
