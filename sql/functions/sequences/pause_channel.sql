-- Holds everything over a channel until an admin opens it again, over restarts too. Says what waits.
create or replace function tendril.pause_channel(channel text, at timestamptz default tendril.clock())
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    before tendril.send_budgets;
begin
    select b.* into before from tendril.send_budgets b where b.channel = pause_channel.channel for update;
    if not found or before.paused_reason = 'not_configured' then
        raise exception 'the channel % is not configured', pause_channel.channel using errcode = 'TN409', detail = 'channel';
    end if;
    perform tendril.set_channel_state(pause_channel.channel, 'admin:paused', before.blocked_until, pause_channel.at);
    return tendril.waiting_messages(channel => pause_channel.channel)
        || jsonb_build_object('changed', coalesce(before.paused_reason not like 'admin:%', true));
end;
$$;
