-- Says how the queue and the channels are; changes nothing.
create or replace function tendril.queue_health(at timestamptz default tendril.clock())
returns jsonb
language sql stable
set search_path = ''
as $$
    select jsonb_build_object(
        'clock', queue_health.at,
        'schema_version', (select max(m.number) from tendril.migrations m),
        'due', waiting.due,
        'oldest_due_seconds', coalesce(greatest(0, extract(epoch from queue_health.at - waiting.oldest)), 0),
        'sending', (select count(*) from tendril.message_deliveries d where d.delivery_status = 'sending'),
        'parked', (select count(*) from tendril.message_deliveries d where d.delivery_status = 'parked'),
        'unknown', (select count(*) from tendril.message_deliveries d where d.delivery_status = 'unknown'),
        'paused_since', (select p.paused_at from tendril.service_pauses p),
        'updates_waiting', (select count(*) from tendril.telegram_updates t where t.handled_at is null),
        -- why what was learned of risks is not used
        'risk_model_problem', (select m.problem from tendril.risk_models m order by m.id desc limit 1),
        'channels', coalesce((
            select jsonb_object_agg(b.channel, jsonb_build_object(
                'per_second', b.per_second,
                'blocked_until', case when b.blocked_until > queue_health.at then b.blocked_until end,
                'paused_reason', b.paused_reason))
            from tendril.send_budgets b), '{}'))
    from (
        select count(*) as due, min(d.next_attempt_at) as oldest
        from tendril.message_deliveries d join tendril.send_budgets b using (channel)
        where d.delivery_status = 'pending' and d.next_attempt_at <= queue_health.at
    ) waiting;
$$;
