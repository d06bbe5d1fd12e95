-- Says when something happens next to the people of a simulation: an entry of its agenda, an answer, or a message that is due or
-- has waited for an answer for long enough; changes nothing.
create or replace function tendril.next_simulated(users uuid[], agenda jsonb, answer_at timestamptz, at timestamptz default tendril.clock())
returns timestamptz
language sql stable
set search_path = ''
as $$
    select min(due.moment) from (
        select (a.value ->> 'at')::timestamptz as moment from jsonb_array_elements(next_simulated.agenda) a
        union all
        select next_simulated.answer_at
        union all
        -- a worker comes a moment after the message is due, never before; and a chat takes one message a second
        select greatest(d.next_attempt_at, next_simulated.at) + interval '1 second' from tendril.message_deliveries d
        where d.user_id = any (next_simulated.users) and d.delivery_status = 'pending' and d.next_attempt_at < 'infinity'
        union all
        select greatest(d.fallback_at, next_simulated.at) + interval '1 second' from tendril.message_deliveries d
        where d.user_id = any (next_simulated.users) and d.fallback_at is not null
    ) due;
$$;
