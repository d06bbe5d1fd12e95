-- Says how fast a channel may send: requests per second (null for no limit), how many may come at once, and how many messages fit
-- into one. A channel that an earlier start found misconfigured is tried again.
create or replace function tendril.configure_budget(
    channel text, per_second float8 default null, burst float8 default 1, messages_per_request int default 1,
    at timestamptz default tendril.clock()
)
returns void
language sql
set search_path = ''
as $$
    insert into tendril.send_budgets as b (channel, per_second, burst, messages_per_request, tokens, refilled_at)
    values (configure_budget.channel, configure_budget.per_second, configure_budget.burst, configure_budget.messages_per_request,
        configure_budget.burst, configure_budget.at)
    on conflict (channel) do update
    set per_second = excluded.per_second, burst = excluded.burst, messages_per_request = excluded.messages_per_request,
        tokens = least(b.tokens, excluded.burst),
        paused_reason = case when b.paused_reason like 'admin:%' then b.paused_reason end;
$$;
