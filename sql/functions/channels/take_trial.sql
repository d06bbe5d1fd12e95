-- Takes from a channel's budget what one message by hand needs, and says whether there was room; refused (TN409) where the address
-- must not be written to, or the channel is off or paused.
create or replace function tendril.take_trial(channel text, address text, at timestamptz default tendril.clock())
returns boolean
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
begin
    if tendril.is_suppressed(take_trial.channel, take_trial.address) then
        raise exception 'this address must not be written to: it is suppressed' using errcode = 'TN409', detail = 'to';
    end if;
    if not exists (select from tendril.send_budgets b where b.channel = take_trial.channel and b.paused_reason is null) then
        raise exception 'the channel % is off or paused', take_trial.channel using errcode = 'TN409', detail = 'channel';
    end if;
    if tendril.available_budget(take_trial.channel, 1, take_trial.at) < 1 then
        return false;
    end if;
    perform tendril.spend_budget(take_trial.channel, 1);
    return true;
end;
$$;
