-- Tells of an intervention: for whom and why, what was sent and what came of it; changes nothing.
create or replace function tendril.describe_intervention(intervention tendril.interventions)
returns jsonb
language sql stable
set search_path = ''
as $$
    select to_jsonb(describe_intervention.intervention) - array['context'] || jsonb_build_object(
        'name', (select tendril.full_name(u) from tendril.users u where u.id = describe_intervention.intervention.user_id),
        'messages', coalesce((
            select jsonb_agg(jsonb_build_object(
                'delivery_id', d.id, 'channel', d.channel, 'status', d.delivery_status, 'reason', d.reason, 'sent_at', d.sent_at,
                'is_answered', d.engaged_at is not null) order by d.id)
            from tendril.message_deliveries d where d.enrollment_id = describe_intervention.intervention.enrollment_id), '[]'),
        'task', (
            select jsonb_build_object('id', t.id, 'status', t.status, 'decided_by', t.decided_by, 'decided_at', t.decided_at)
            from tendril.outreach_tasks t where t.intervention_id = describe_intervention.intervention.id));
$$;
