-- Takes from a channel's budget the requests that these messages need.
create or replace function tendril.spend_budget(channel text, messages int)
returns void
language sql
set search_path = ''
as $$
    update tendril.send_budgets b
    set tokens = b.tokens - ceil(spend_budget.messages::float8 / b.messages_per_request)
    where b.channel = spend_budget.channel and b.per_second is not null;
$$;
