-- Says when a user first did something of their own between two moments: no answer to what we sent, which those who got nothing cannot
-- give, and nothing by which they left; changes nothing.
create or replace function tendril.came_back_at(user_id uuid, since timestamptz, until timestamptz)
returns timestamptz
language sql stable
set search_path = ''
as $$
    select min(b.occurred_at)
    from tendril.behavior_events b
    where b.user_id = came_back_at.user_id and b.occurred_at > came_back_at.since and b.occurred_at < came_back_at.until
        and b.source not in ('clock', 'admin') and b.type not like 'message\_%'
        and b.type not in ('unsubscribed', 'user_stopped', 'bot_blocked', 'bot_unblocked', 'wish_expressed')
        and not exists (
            select from tendril.message_deliveries d
            where d.user_id = b.user_id and d.tracking_id::text = b.metadata ->> 'tracking_id' and d.sequence_type ^@ 'intervention_');
$$;
