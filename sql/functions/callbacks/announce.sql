-- Notes for each subscriber of it what happened, each thing once; costs next to nothing while there is none. Of each thing: key,
-- type, user_id, occurred_at, and details without anything personal. What is older than a week, or than the subscriber, is no news.
create or replace function tendril.announce(happened jsonb, at timestamptz default tendril.clock())
returns void
language sql
set search_path = ''
as $$
    insert into tendril.callbacks (subscriber_id, key, type, user_id, details, occurred_at, created_at, next_attempt_at, give_up_at)
    select s.id, h.key, h.type, h.user_id, coalesce(h.details, '{}'), h.occurred_at, announce.at, announce.at, announce.at + interval '24 hours'
    from jsonb_to_recordset(announce.happened) as h (key text, type text, user_id uuid, occurred_at timestamptz, details jsonb)
    join tendril.callback_subscribers s on h.type = any (s.events)
    where s.paused_at is null and h.occurred_at >= greatest(s.created_at, announce.at - interval '7 days')
    order by s.id, h.key
    on conflict (subscriber_id, key) do nothing;
$$;
