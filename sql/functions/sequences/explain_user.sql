-- Tells what we know of a user and why they got, or did not get, each message; changes nothing.
create or replace function tendril.explain_user(reference text, limit_to int default 50, at timestamptz default tendril.clock())
returns jsonb
language plpgsql stable
set search_path = ''
as $$
#variable_conflict use_column
declare
    subject uuid := (tendril.find_user(explain_user.reference) ->> 'id')::uuid;
begin
    return jsonb_build_object(
        'user', tendril.find_user(subject::text),
        'preferred_channel', tendril.get_preferred_channel(subject),
        'preferences', tendril.get_preferences(subject) - 'contact_points',
        'contact_points', tendril.get_preferences(subject) -> 'contact_points',
        'risk', tendril.risk_of(subject),
        'enrollments', coalesce((
            select jsonb_agg(jsonb_build_object(
                'enrollment_id', e.id, 'sequence', e.sequence, 'key', e.key, 'status', e.status, 'status_reason', e.status_reason, 'source', e.source,
                'current_step', e.current_step, 'steps', (select count(*) from tendril.sequence_steps s where s.version_id = e.version_id),
                'enrolled_at', e.enrolled_at, 'ended_at', e.ended_at, 'paused_at', e.paused_at,
                'intervention', tendril.intervention_of(e.id),
                'campaign', (select c.name from tendril.campaigns c where c.id = e.campaign_id), 'begins_at', tendril.begins_later(e),
                'experiment', (select x.name from tendril.experiments x where x.id = e.experiment_id), 'variant', e.variant) order by e.id desc)
            from tendril.enrollments e where e.user_id = subject), '[]'),
        'held_back', tendril.held_back(subject, explain_user.at),
        'deliveries', coalesce((
            select jsonb_agg(tendril.describe_delivery(d) order by coalesce(d.sent_at, d.next_attempt_at), d.id)
            from (
                select * from tendril.message_deliveries d where d.user_id = subject
                order by d.id desc limit explain_user.limit_to
            ) d), '[]'),
        'holds', coalesce((
            select jsonb_agg(jsonb_build_object('delivery_id', v.delivery_id, 'type', v.type, 'reason', v.reason, 'until', v.details ->> 'until',
                'occurred_at', v.occurred_at) order by v.occurred_at, v.id)
            from tendril.delivery_events v join tendril.message_deliveries d on d.id = v.delivery_id
            where d.user_id = subject and v.source = 'gate'), '[]'));
end;
$$;
