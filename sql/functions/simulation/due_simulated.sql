-- Gives the messages of these people that are due over a channel, in the order in which a worker would claim them; changes nothing.
create or replace function tendril.due_simulated(users uuid[], channel text, at timestamptz default tendril.clock())
returns bigint[]
language sql stable
set search_path = ''
as $$
    select coalesce(array_agg(t.id order by t.message_class = 'announcement', t.next_attempt_at, t.id), '{}') from (
        select distinct on (case when d.channel = 'telegram' then d.user_id::text else d.id::text end) d.id, d.message_class, d.next_attempt_at
        from tendril.message_deliveries d
        where d.user_id = any (due_simulated.users) and d.delivery_status = 'pending' and d.channel = due_simulated.channel
            and d.next_attempt_at <= due_simulated.at
            and not (d.channel = 'telegram' and tendril.chat_is_busy(d.user_id, due_simulated.at))
        order by case when d.channel = 'telegram' then d.user_id::text else d.id::text end, d.message_class = 'announcement',
            d.next_attempt_at, d.id
    ) t;
$$;
