-- Closes a chat that its user blocked, or opens it again, and notes that they may be welcomed back; gives the user, or null for a
-- chat we do not know.
create or replace function tendril.set_telegram_reachable(telegram_id bigint, reachable boolean, at timestamptz default tendril.clock())
returns jsonb
language sql
set search_path = ''
as $$
    with changed as (
        update tendril.contact_points c
        set state = case when set_telegram_reachable.reachable then 'active' else 'unreachable' end,
            state_reason = case when not set_telegram_reachable.reachable then 'blocked' when c.state = 'unreachable' then 'unblocked' else c.state_reason end
        where c.channel = 'telegram' and c.address = set_telegram_reachable.telegram_id::text and c.state in ('active', 'unreachable')
        returning c.user_id
    )
    select (select jsonb_build_object('user_id', user_id) from changed);
$$;
