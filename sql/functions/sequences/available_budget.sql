-- Says how many messages a channel may send now, refilling its budget by the time that passed; holds the budget until the
-- claim ends, so workers share it exactly. A paused channel still lets the gate look for another way.
create or replace function tendril.available_budget(channel text, wanted int, at timestamptz default tendril.clock())
returns int
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    budget tendril.send_budgets;
begin
    select b.* into budget from tendril.send_budgets b where b.channel = available_budget.channel;
    if not found or budget.blocked_until > available_budget.at then
        return 0;
    end if;
    if budget.per_second is null then
        return least(available_budget.wanted, case when budget.messages_per_request > 1 then budget.messages_per_request else available_budget.wanted end);
    end if;
    update tendril.send_budgets b
    set tokens = least(b.burst, b.tokens + greatest(0, extract(epoch from available_budget.at - b.refilled_at)::float8) * b.per_second),
        refilled_at = greatest(b.refilled_at, available_budget.at)
    where b.channel = available_budget.channel
    returning b.* into budget;
    return case
        when budget.blocked_until > available_budget.at or budget.tokens < 1 then 0
        when budget.messages_per_request > 1 then least(available_budget.wanted, budget.messages_per_request)
        else least(available_budget.wanted, floor(budget.tokens)::int)
    end;
end;
$$;
