-- Ends the wait for an answer to these deliveries, and plans the other channel for those that got none; gives those that fell back.
create or replace function tendril.close_unanswered(deliveries bigint[], at timestamptz default tendril.clock())
returns bigint[]
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    unanswered bigint[];
begin
    with closed as (
        update tendril.message_deliveries d set fallback_at = null
        where d.id = any (close_unanswered.deliveries)
        returning d.id, d.user_id, d.channel, d.sent_at, d.engaged_at, d.delivery_status
    )
    select array_agg(c.id) into unanswered from closed c
    where c.engaged_at is null and c.delivery_status in ('sent', 'delivered')
        -- who writes to the bot or taps a button in the chat has seen what stands there, also above the last message
        and not (c.channel = 'telegram' and exists (
            select from tendril.behavior_events b
            where b.user_id = c.user_id and b.occurred_at > c.sent_at and b.source = 'telegram'
                and b.type not in ('bot_blocked', 'bot_unblocked')));
    return tendril.plan_fallbacks(unanswered, close_unanswered.at);
end;
$$;
