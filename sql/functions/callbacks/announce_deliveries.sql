-- Tells subscribers what became of these deliveries; what they know already is not told again.
create or replace function tendril.announce_deliveries(deliveries bigint[], at timestamptz default tendril.clock())
returns void
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
begin
    if cardinality(announce_deliveries.deliveries) = 0 or not tendril.is_anybody_told() then
        return;
    end if;
    perform tendril.announce((
        select jsonb_agg(jsonb_build_object(
            'key', concat_ws(':', fact.type, d.id), 'type', fact.type, 'user_id', d.user_id, 'occurred_at', fact.occurred_at,
            'details', jsonb_strip_nulls(jsonb_build_object(
                'delivery_id', d.id, 'enrollment_id', d.enrollment_id, 'channel', d.channel, 'sequence', d.sequence_type, 'step', s.name,
                'message_class', d.message_class, 'campaign', c.name, 'experiment', x.name, 'variant', e.variant, 'reason', fact.reason))))
        from tendril.message_deliveries d
        join tendril.enrollments e on e.id = d.enrollment_id
        join tendril.sequence_steps s on s.version_id = d.version_id and s.position = d.message_step
        left join tendril.campaigns c on c.id = e.campaign_id
        left join tendril.experiments x on x.id = e.experiment_id
        cross join lateral (values
            ('delivery.sent', d.sent_at, null),
            ('delivery.delivered', d.delivered_at, null),
            ('delivery.opened', d.opened_at, null),
            ('delivery.clicked', d.clicked_at, null),
            ('delivery.failed', case when d.delivery_status = 'failed' then d.failed_at end, d.failure_reason),
            ('delivery.bounced', case when d.delivery_status = 'bounced' then d.failed_at end, d.failure_reason),
            ('delivery.complained', case when d.delivery_status = 'complained' then (
                select min(v.occurred_at) from tendril.delivery_events v where v.delivery_id = d.id and v.type = 'complained') end, null)
        ) as fact (type, occurred_at, reason)
        where d.id = any (announce_deliveries.deliveries) and fact.occurred_at is not null), announce_deliveries.at);
end;
$$;
