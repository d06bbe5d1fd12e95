-- Lists what happened to and around a user, newest first: what they did and what was noticed of them, the messages sent to them and
-- what came of those, where they were enrolled and how that ended. Older than a place in it, where one is given; changes nothing.
create or replace function tendril.behavior_timeline(
    reference text, limit_to int default 100, before_at timestamptz default null, before_kind text default null, before_id bigint default null
)
returns table (at timestamptz, kind text, id bigint, details jsonb)
language plpgsql stable
set search_path = ''
as $$
#variable_conflict use_column
declare
    person constant uuid := (tendril.find_user(behavior_timeline.reference) ->> 'id')::uuid;
    newest constant timestamptz := coalesce(behavior_timeline.before_at, 'infinity');
begin
    return query
    select t.at, t.kind, t.id, t.details
    from (
        (select b.occurred_at as at, 'behavior' as kind, b.id, jsonb_build_object(
            'type', b.type, 'source', b.source, 'metadata', b.metadata, 'recorded_at', b.recorded_at) as details
        from tendril.behavior_events b where b.user_id = person and b.occurred_at <= newest
            and (behavior_timeline.before_at is null
                or (b.occurred_at, 'behavior', b.id) < (newest, behavior_timeline.before_kind, behavior_timeline.before_id))
        order by b.occurred_at desc, b.id desc limit behavior_timeline.limit_to)
        union all
        (select d.sent_at, 'message', d.id, jsonb_build_object(
            'channel', d.channel, 'sequence', d.sequence_type, 'step', d.message_step, 'status', d.delivery_status, 'reason', d.failure_reason,
            'delivered_at', d.delivered_at, 'opened_at', d.opened_at, 'clicked_at', d.clicked_at, 'failed_at', d.failed_at)
        from tendril.message_deliveries d where d.user_id = person and d.sent_at <= newest
            and (behavior_timeline.before_at is null
                or (d.sent_at, 'message', d.id) < (newest, behavior_timeline.before_kind, behavior_timeline.before_id))
        order by d.sent_at desc, d.id desc limit behavior_timeline.limit_to)
        union all
        (select n.at, n.kind, e.id, jsonb_build_object(
            'sequence', e.sequence, 'source', e.source, 'status', e.status, 'reason', e.status_reason, 'campaign_id', e.campaign_id)
        from tendril.enrollments e
        cross join lateral (values (e.enrolled_at, 'enrolled'), (e.ended_at, 'enrollment_ended')) as n (at, kind)
        where e.user_id = person and n.at <= newest
            and (behavior_timeline.before_at is null
                or (n.at, n.kind, e.id) < (newest, behavior_timeline.before_kind, behavior_timeline.before_id))
        order by n.at desc, n.kind desc, e.id desc limit behavior_timeline.limit_to)
    ) t
    order by t.at desc, t.kind desc, t.id desc limit behavior_timeline.limit_to;
end;
$$;
