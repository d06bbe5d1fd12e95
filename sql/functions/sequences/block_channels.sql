-- Blocks for a while the channels that answered "too many", and pauses those that answered "you are not allowed to".
create or replace function tendril.block_channels(outcomes jsonb, at timestamptz default tendril.clock())
returns void
language sql
set search_path = ''
as $$
    with refused as (
        select
            d.channel,
            max(block_channels.at + make_interval(secs => coalesce(o.retry_after, 10))) filter (where o.outcome = 'busy') as blocked_until,
            max(o.reason) filter (where o.outcome = 'misconfigured') as paused_reason
        from jsonb_to_recordset(block_channels.outcomes) as o (
            id bigint, lease_token uuid, outcome text, reason text, retry_after float8, whole_channel boolean)
        join tendril.message_deliveries d on d.id = o.id and d.lease_token = o.lease_token
        where o.outcome = 'misconfigured' or o.outcome = 'busy' and o.whole_channel
        group by d.channel
    )
    update tendril.send_budgets b
    set blocked_until = greatest(b.blocked_until, r.blocked_until), paused_reason = coalesce(r.paused_reason, b.paused_reason)
    from refused r
    where b.channel = r.channel;
$$;
