-- Opens a channel that an admin or the provider's answer had paused; what waited for it is looked at again at once. Says how many
-- messages those are.
create or replace function tendril.resume_channel(channel text, at timestamptz default tendril.clock())
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    before tendril.send_budgets;
    waiting int;
begin
    select b.* into before from tendril.send_budgets b where b.channel = resume_channel.channel for update;
    if not found or before.paused_reason = 'not_configured' then
        raise exception 'the channel % is not configured', resume_channel.channel using errcode = 'TN409', detail = 'channel';
    elsif before.paused_reason is null then
        return jsonb_build_object('changed', false, 'messages', 0);
    end if;
    select count(*) into waiting from tendril.message_deliveries d
    where d.delivery_status = 'pending' and d.channel = resume_channel.channel
        and (d.reason = 'channel_paused' or d.next_attempt_at <= resume_channel.at);
    perform tendril.set_channel_state(resume_channel.channel, null, before.blocked_until, resume_channel.at);
    return jsonb_build_object('changed', true, 'messages', waiting);
end;
$$;
