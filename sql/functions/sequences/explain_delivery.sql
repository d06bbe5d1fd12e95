-- Tells the whole story of one delivery: what was planned, what the gate decided, what the provider said; changes nothing.
create or replace function tendril.explain_delivery(delivery_id bigint)
returns jsonb
language plpgsql stable
set search_path = ''
as $$
#variable_conflict use_column
declare
    story jsonb;
begin
    select jsonb_build_object(
        'delivery', tendril.describe_delivery(d),
        'enrollment', jsonb_build_object('enrollment_id', e.id, 'sequence', e.sequence, 'status', e.status, 'status_reason', e.status_reason,
            'source', e.source, 'enrolled_at', e.enrolled_at, 'current_step', e.current_step,
            'key', e.key, 'intervention', tendril.intervention_of(e.id), 'campaign', (select c.name from tendril.campaigns c where c.id = e.campaign_id),
            'begins_at', tendril.begins_later(e), 'experiment', (select x.name from tendril.experiments x where x.id = e.experiment_id), 'variant', e.variant),
        'siblings', coalesce((
            select jsonb_agg(tendril.describe_delivery(o) order by o.id) from tendril.message_deliveries o
            where o.enrollment_id = d.enrollment_id and o.message_step = d.message_step and o.id <> d.id), '[]'),
        'events', coalesce((
            select jsonb_agg(jsonb_build_object(
                'source', v.source, 'type', v.type, 'reason', v.reason, 'actor', v.actor, 'judge_at', v.judge_at,
                'until', v.details ->> 'until', 'channel', v.details ->> 'channel', 'url', v.details ->> 'url', 'button', v.details ->> 'button', 'occurred_at', v.occurred_at)
                order by v.occurred_at, v.id)
            from tendril.delivery_events v where v.delivery_id = d.id), '[]'))
    into story
    from tendril.message_deliveries d join tendril.enrollments e on e.id = d.enrollment_id
    where d.id = explain_delivery.delivery_id;
    if not found then
        raise exception 'no delivery %', explain_delivery.delivery_id using errcode = 'TN404', detail = 'delivery_id';
    end if;
    return story;
end;
$$;
