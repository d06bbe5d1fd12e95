-- Begins these interventions that are only suggested so far: what is a message is enrolled on its way, over two channels where the risk is
-- critical, and what is for a person becomes a task. Whom a silent variant keeps from it counts among those held out. Of the others it is
-- recorded (intervention_begun).
create or replace function tendril.begin_interventions(interventions bigint[], ways jsonb, at timestamptz default tendril.clock())
returns void
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    -- tells this run from earlier ones
    run text := 'risk ' || to_char(begin_interventions.at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS');
    way record;
    news jsonb;
begin
    for way in
        select s.name, s.current_version_id, array_agg(i.user_id order by i.user_id) as users, array_agg(i.context order by i.user_id) as contexts
        from tendril.interventions i
        join jsonb_to_recordset(begin_interventions.ways) as w (type text, sequence text, urgent text) on w.type = i.type
        join tendril.sequences s on s.name = case when i.band = 'critical' then w.urgent else w.sequence end and s.current_version_id is not null
        where i.id = any (begin_interventions.interventions) and i.status = 'suggested' and i.type <> 'human_outreach'
        group by s.name
    loop
        perform tendril.begin_enrollments(
            way.users, way.name, way.current_version_id, run, contexts => way.contexts, source => 'intervention', at => begin_interventions.at);
    end loop;
    with begun as (
        update tendril.interventions i
        set status = 'open', begun_at = begin_interventions.at, until = begin_interventions.at + interval '7 days',
            enrollment_id = e.id, sequence = e.sequence, is_held_out = i.is_held_out or coalesce(e.status_reason = 'holdout', false),
            channels = array(
                select distinct d.channel from tendril.message_deliveries d
                where d.enrollment_id = e.id and d.channel = any (tendril.open_channels(i.user_id)) order by 1)
        from tendril.interventions known
        left join tendril.enrollments e on e.user_id = known.user_id and e.key = run and e.source = 'intervention' and e.enrolled_at = begin_interventions.at
        where known.id = i.id and i.id = any (begin_interventions.interventions) and i.status = 'suggested'
            and (e.id is not null or i.type = 'human_outreach')
        returning i.id, i.user_id, i.type, i.risk, i.band, i.is_held_out
    ), tasks as (
        insert into tendril.outreach_tasks (intervention_id, user_id, created_at, tell_at)
        select b.id, b.user_id, begin_interventions.at, begin_interventions.at from begun b where b.type = 'human_outreach'
        on conflict (intervention_id) do nothing
    )
    select jsonb_agg(jsonb_build_object(
        'event_id', 'intervention:' || b.id, 'user_id', b.user_id, 'type', 'intervention_begun', 'source', 'clock',
        'metadata', jsonb_build_object('intervention_id', b.id, 'type', b.type, 'risk', round(b.risk), 'band', b.band),
        'occurred_at', begin_interventions.at))
    into news from begun b where not b.is_held_out;
    if news is not null then
        perform tendril.record_behavior_events(news, begin_interventions.at);
    end if;
end;
$$;
