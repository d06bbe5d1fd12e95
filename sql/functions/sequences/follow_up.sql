-- Plans the other channel for messages that nobody answered in time, and says how many of them there were, also by their
-- way, as in "email>telegram".
create or replace function tendril.follow_up(at timestamptz default tendril.clock(), batch int default 1000)
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    unanswered bigint[];
    seen int;
    fallen bigint[];
begin
    with waiting as (
        select d.id from tendril.message_deliveries d
        where d.fallback_at <= follow_up.at order by d.fallback_at limit follow_up.batch for update skip locked
    ), closed as (
        update tendril.message_deliveries d set fallback_at = null
        from waiting w where d.id = w.id
        returning d.id, d.user_id, d.channel, d.sent_at, d.opened_at, d.clicked_at, d.delivery_status
    )
    select count(*), coalesce(array_agg(c.id) filter (where
        c.opened_at is null and c.clicked_at is null and c.delivery_status in ('sent', 'delivered')
        -- on Telegram, writing to the bot or tapping a button is an answer
        and not (c.channel = 'telegram' and exists (
            select from tendril.behavior_events b
            where b.user_id = c.user_id and b.occurred_at > c.sent_at and b.source = 'telegram'))), '{}')
    into seen, unanswered from closed c;
    fallen := tendril.plan_fallbacks(unanswered, follow_up.at);
    return jsonb_build_object('looked_at', seen, 'fell_back', cardinality(fallen)) || (
        select coalesce(jsonb_object_agg(way.name, way.deliveries), '{}')
        from (
            select d.channel || '>' || f.channel as name, count(*) as deliveries
            from tendril.message_deliveries d
            join tendril.message_deliveries f on f.enrollment_id = d.enrollment_id and f.message_step = d.message_step and f.fallback_of = d.id
            where d.id = any (fallen)
            group by 1
        ) way
    );
end;
$$;
