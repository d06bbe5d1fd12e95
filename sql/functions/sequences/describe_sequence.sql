-- Tells of one sequence, by its name or by the number of one of its versions: how many run through it, and what became of the
-- messages of each of its steps, those of earlier versions too; changes nothing.
create or replace function tendril.describe_sequence(reference text)
returns jsonb
language plpgsql stable
set search_path = ''
as $$
#variable_conflict use_column
declare
    chosen tendril.sequences;
begin
    select s.* into chosen from tendril.sequences s
    where s.archived_at is null and s.current_version_id is not null and (s.name = describe_sequence.reference
        or s.name = (select v.sequence from tendril.sequence_versions v where v.id::text = describe_sequence.reference));
    if not found then
        raise exception 'no sequence named %', describe_sequence.reference using errcode = 'TN404', detail = 'sequence';
    end if;
    return (
        select jsonb_build_object(
            'name', chosen.name, 'title', chosen.title, 'description', chosen.description, 'version_id', chosen.current_version_id,
            'message_class', chosen.message_class, 'event', chosen.trigger ->> 'event', 'paused_at', chosen.paused_at,
            'active', count(*) filter (where e.status = 'active'), 'paused', count(*) filter (where e.status = 'paused'),
            'completed', count(*) filter (where e.status = 'completed'), 'cancelled', count(*) filter (where e.status = 'cancelled'))
        from tendril.enrollments e where e.sequence = chosen.name
    ) || jsonb_build_object('steps', (
        select jsonb_agg(jsonb_build_object(
            'position', s.position, 'name', s.name, 'channels', s.channels, 'sent', coalesce(past.sent, 0), 'opened', coalesce(past.opened, 0),
            'clicked', coalesce(past.clicked, 0), 'failed', coalesce(past.failed, 0)) order by s.position)
        from tendril.sequence_steps s
        left join (
            select theirs.name,
                count(d.sent_at) as sent, count(coalesce(d.opened_at, d.clicked_at)) as opened, count(d.clicked_at) as clicked,
                count(*) filter (where d.delivery_status in ('failed', 'bounced', 'complained', 'parked', 'unknown')) as failed
            from tendril.message_deliveries d
            join tendril.sequence_steps theirs on theirs.version_id = d.version_id and theirs.position = d.message_step
            where d.sequence_type = chosen.name
            group by theirs.name
        ) past on past.name = s.name
        where s.version_id = chosen.current_version_id));
end;
$$;
