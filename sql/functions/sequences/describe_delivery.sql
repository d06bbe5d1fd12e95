-- Puts a delivery into words' raw material: what, where, when, and why not; changes nothing.
create or replace function tendril.describe_delivery(delivery tendril.message_deliveries)
returns jsonb
language sql stable
set search_path = ''
as $$
    select jsonb_build_object(
        'delivery_id', describe_delivery.delivery.id,
        'sequence_type', describe_delivery.delivery.sequence_type,
        'message_step', describe_delivery.delivery.message_step,
        'step_name', (
            select s.name from tendril.sequence_steps s
            where s.version_id = describe_delivery.delivery.version_id and s.position = describe_delivery.delivery.message_step),
        'message_class', describe_delivery.delivery.message_class,
        'channel', describe_delivery.delivery.channel,
        'delivery_status', describe_delivery.delivery.delivery_status,
        -- what a campaign was told holds at once, and is written to its messages afterwards
        'reason', coalesce((
            select 'campaign_' || g.status
            from tendril.enrollments e join tendril.campaigns g on g.id = e.campaign_id
            where e.id = describe_delivery.delivery.enrollment_id and g.status in ('paused', 'cancelled')
                and describe_delivery.delivery.delivery_status = 'pending'), describe_delivery.delivery.reason),
        'failure_reason', describe_delivery.delivery.failure_reason,
        'scheduled_at', describe_delivery.delivery.scheduled_at,
        'next_attempt_at', case when describe_delivery.delivery.delivery_status = 'pending' then nullif(describe_delivery.delivery.next_attempt_at, 'infinity') end,
        'sent_at', describe_delivery.delivery.sent_at,
        'delivered_at', describe_delivery.delivery.delivered_at,
        'opened_at', describe_delivery.delivery.opened_at,
        'clicked_at', describe_delivery.delivery.clicked_at,
        'engaged_at', describe_delivery.delivery.engaged_at,
        'failed_at', describe_delivery.delivery.failed_at,
        'attempt_count', describe_delivery.delivery.attempt_count,
        'possibly_duplicate', describe_delivery.delivery.possibly_duplicate,
        'passed_over', describe_delivery.delivery.metadata -> 'passed_over',
        'fallback_of', describe_delivery.delivery.fallback_of);
$$;
