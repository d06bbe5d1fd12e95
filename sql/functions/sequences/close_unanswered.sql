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
        returning d.id, d.user_id, d.channel, d.sent_at, d.opened_at, d.clicked_at, d.delivery_status
    )
    select array_agg(c.id) into unanswered from closed c
    where c.opened_at is null and c.clicked_at is null and c.delivery_status in ('sent', 'delivered')
        -- on Telegram, writing to the bot or tapping a button is an answer
        and not (c.channel = 'telegram' and exists (
            select from tendril.behavior_events b
            where b.user_id = c.user_id and b.occurred_at > c.sent_at and b.source = 'telegram'));
    return tendril.plan_fallbacks(unanswered, close_unanswered.at);
end;
$$;
