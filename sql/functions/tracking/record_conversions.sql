-- Records which goals of campaigns and experiments these behavior events meet, each once per goal, and to which message that is owed:
-- of those within the goal's time before the event the last one that the user showed had reached them, else the last one. Done again,
-- it says what is known now. Says how many conversions there are of these events.
create or replace function tendril.record_conversions(behavior_events bigint[], at timestamptz default tendril.clock())
returns int
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    goal record;
    meeting bigint[];
    met jsonb := '[]';
    written_now bigint[];
begin
    for goal in
        select w.*
        from (
            select c.id as campaign_id, null::bigint as experiment_id, c.goal as wanted from tendril.campaigns c
            where c.status <> 'draft' and c.goal is not null
            union all
            select null, x.id, x.goal from tendril.experiments x where x.status <> 'draft'
        ) w
        where w.wanted ->> 'event' in (select b.type from tendril.behavior_events b where b.id = any (record_conversions.behavior_events))
    loop
        execute 'select array_agg(e.id) from (select b.id, b.user_id, b.metadata as context from tendril.behavior_events b'
            ' where b.id = any ($1) and b.type = $2) e join tendril.users u on u.id = e.user_id'
            ' left join tendril.user_preferences p on p.user_id = u.id where '
            || tendril.compile_filter(coalesce(nullif(goal.wanted -> 'filter', 'null'), '{}'))
        into meeting
        using record_conversions.behavior_events, goal.wanted ->> 'event';
        if meeting is not null then
            met := met || jsonb_build_object(
                'campaign_id', goal.campaign_id, 'experiment_id', goal.experiment_id, 'events', to_jsonb(meeting),
                'field', goal.wanted ->> 'value', 'within', coalesce(goal.wanted ->> 'within', '7 days'));
        end if;
    end loop;

    with wanted as (
        select g.campaign_id, g.experiment_id, g.field, g.within, b.id as behavior_event_id, b.user_id, b.metadata, b.occurred_at
        from jsonb_to_recordset(met) as g (campaign_id bigint, experiment_id bigint, field text, within interval, events bigint[])
        join tendril.behavior_events b on b.id = any (g.events)
    ), owed as (
        select w.*, t.enrollment_id, t.variant, t.delivery_id, t.is_engaged, t.sent_at
        from wanted w
        cross join lateral (
            select e.id as enrollment_id, e.variant, d.id as delivery_id, d.sent_at,
                coalesce(d.engaged_at <= w.occurred_at, false) as is_engaged
            from tendril.enrollments e
            left join tendril.message_deliveries d on d.enrollment_id = e.id and d.user_id = w.user_id
                and d.sent_at <= w.occurred_at and d.sent_at > w.occurred_at - w.within
                and d.delivery_status in ('sent', 'delivered', 'opened', 'clicked', 'complained')
            where e.user_id = w.user_id and (e.campaign_id = w.campaign_id or e.experiment_id = w.experiment_id)
                and e.enrolled_at <= w.occurred_at
                -- Who gets nothing is counted from the enrollment; in an experiment everybody is, so that its variants stay comparable.
                and case when e.experiment_id = w.experiment_id or e.status_reason = 'holdout'
                    then e.enrolled_at > w.occurred_at - w.within
                    else d.id is not null end
            order by is_engaged desc, d.sent_at desc nulls last, e.enrolled_at desc, e.id desc
            limit 1
        ) t
    ), attributed as (
        select o.*, o.campaign_id is not null and o.delivery_id is not null and row_number() over (
            partition by o.behavior_event_id, o.campaign_id is null
            order by o.is_engaged desc, o.sent_at desc nulls last, o.campaign_id) = 1 as is_last_touch
        from owed o
    ), gone as (
        delete from tendril.conversions c
        -- what is forgotten stays owed to what it was owed to
        where c.behavior_event_id in (
            select b.id from tendril.behavior_events b where b.id = any (record_conversions.behavior_events)
        ) and not exists (
            select from attributed a
            where a.behavior_event_id = c.behavior_event_id
                and (a.campaign_id, a.experiment_id) is not distinct from (c.campaign_id, c.experiment_id))
    ), written as (
        insert into tendril.conversions (
            behavior_event_id, user_id, campaign_id, experiment_id, enrollment_id, variant, delivery_id, is_engaged, is_last_touch,
            value, occurred_at, recorded_at)
        select a.behavior_event_id, a.user_id, a.campaign_id, a.experiment_id, a.enrollment_id, a.variant, a.delivery_id, a.is_engaged,
            a.is_last_touch,
            case when jsonb_typeof(a.metadata -> a.field) = 'number' and abs((a.metadata ->> a.field)::numeric) < 1e15
                then (a.metadata ->> a.field)::numeric end,
            a.occurred_at, record_conversions.at
        from attributed a
        order by a.behavior_event_id, a.campaign_id, a.experiment_id
        on conflict (behavior_event_id, campaign_id, experiment_id) do update
        set enrollment_id = excluded.enrollment_id, variant = excluded.variant, delivery_id = excluded.delivery_id,
            is_engaged = excluded.is_engaged, is_last_touch = excluded.is_last_touch
        returning id
    )
    select coalesce(array_agg(w.id), '{}') into written_now from written w;
    perform tendril.announce_conversions(written_now, record_conversions.at);
    return cardinality(written_now);
end;
$$;
