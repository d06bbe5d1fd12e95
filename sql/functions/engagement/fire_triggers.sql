-- Enrolls the users of these behavior events in the sequences and campaigns that wait for them: once in a lifetime, or again after the time
-- that the trigger names; never somebody who stopped everything, or declined it. Says how many enrollments began.
create or replace function tendril.fire_triggers(behavior_events tendril.behavior_events[], at timestamptz default tendril.clock())
returns int
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    waiting record;
    entering uuid[];
    contexts jsonb[];
    total int := 0;
begin
    for waiting in
        select s.name, s.current_version_id, s.trigger, array(
            select b from unnest(fire_triggers.behavior_events) b where b.type = s.trigger ->> 'event') as events
        from tendril.sequences s
        where s.trigger ->> 'event' in (select b.type from unnest(fire_triggers.behavior_events) b)
            and s.archived_at is null and s.paused_at is null and s.current_version_id is not null
    loop
        execute format(
            'select array_agg(f.id order by f.id), array_agg(jsonb_build_object(''event'', f.context) order by f.id) from ('
            ' select distinct on (u.id) u.id, e.context'
            ' from (select b.id, b.user_id, b.metadata as context from unnest($3) b) e'
            ' join tendril.users u on u.id = e.user_id and u.deleted_at is null'
            ' left join tendril.user_preferences p on p.user_id = u.id'
            ' where p.stopped_at is null'
            ' and not exists (select from tendril.sequence_opt_outs o where o.user_id = u.id and o.sequence = $1)'
            ' and not exists ('
            '  select from tendril.enrollments past where past.user_id = u.id and past.sequence = $1 and past.key = '''''
            '  and (past.status in (''active'', ''paused'') or $4 is null or past.enrolled_at > $2 - $4))'
            ' and %s order by u.id, e.id) f',
            tendril.compile_filter(coalesce(nullif(waiting.trigger -> 'filter', 'null'), '{}'))
        )
        into entering, contexts
        using waiting.name, fire_triggers.at, waiting.events, (waiting.trigger ->> 'again_after')::interval;
        if entering is not null then
            total := total + cardinality(tendril.begin_enrollments(
                entering, waiting.name, waiting.current_version_id, contexts => contexts, source => 'trigger', at => fire_triggers.at));
        end if;
    end loop;
    return total + tendril.fire_campaigns(array(select b.id from unnest(fire_triggers.behavior_events) b), fire_triggers.at);
end;
$$;
