-- Pauses a channel, blocks it for a while, or opens it again; what was held for it is looked at once more.
create or replace function tendril.set_channel_state(
    channel text, paused_reason text default null, blocked_until timestamptz default null, at timestamptz default tendril.clock()
)
returns void
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
begin
    insert into tendril.send_budgets as b (channel, refilled_at, paused_reason, blocked_until)
    values (set_channel_state.channel, set_channel_state.at, set_channel_state.paused_reason, set_channel_state.blocked_until)
    on conflict (channel) do update set paused_reason = excluded.paused_reason, blocked_until = excluded.blocked_until;
    if set_channel_state.paused_reason is not null then
        return;
    end if;
    -- In the order of their numbers, as everybody takes them.
    perform from tendril.message_deliveries d
    where d.channel = set_channel_state.channel and d.delivery_status = 'pending' and d.reason in ('channel_paused', 'channel_off')
    order by d.id for no key update;
    update tendril.message_deliveries d
    set next_attempt_at = greatest(d.scheduled_at, least(d.next_attempt_at, set_channel_state.at))
    where d.channel = set_channel_state.channel and d.delivery_status = 'pending' and d.reason in ('channel_paused', 'channel_off');
    perform tendril.wake_batches(array[set_channel_state.channel], set_channel_state.at);
end;
$$;
