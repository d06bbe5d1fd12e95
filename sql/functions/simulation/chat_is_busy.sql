-- Says whether a chat got a message within the last second: it takes one a second; changes nothing.
create or replace function tendril.chat_is_busy(user_id uuid, at timestamptz default tendril.clock())
returns boolean
language sql stable
set search_path = ''
as $$
    select exists (
        select from tendril.message_deliveries last
        where last.user_id = chat_is_busy.user_id and last.channel = 'telegram' and last.sent_at > chat_is_busy.at - interval '1 second');
$$;
