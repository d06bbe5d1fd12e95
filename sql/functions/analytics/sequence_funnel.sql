-- How far those came who began a sequence on these days: how many entered, reached each step, got it, converted, and left there and
-- why; of all its versions or one, steps being the same by their name. Changes nothing.
create or replace function tendril.sequence_funnel(
    sequence text, since date default null, until date default null, version int default null, campaign text default null,
    at timestamptz default tendril.clock()
)
returns jsonb
language plpgsql stable
set search_path = ''
as $$
#variable_conflict use_column
declare
    last date := coalesce(sequence_funnel.until, (sequence_funnel.at at time zone 'UTC')::date);
    first date := coalesce(sequence_funnel.since, last - 29);
    versions bigint[];
    chosen bigint;
begin
    perform tendril.check_analytics(jsonb_strip_nulls(jsonb_build_object(
        'sequence', coalesce(sequence_funnel.sequence, ''), 'campaign', sequence_funnel.campaign)), first, last);
    select array_agg(v.id) into versions from tendril.sequence_versions v
    where v.sequence = sequence_funnel.sequence and v.number = coalesce(sequence_funnel.version, v.number);
    if versions is null and sequence_funnel.version is not null then
        raise exception 'there is no version % of "%"', sequence_funnel.version, sequence_funnel.sequence using errcode = 'TN404', detail = 'version';
    end if;
    select g.id into chosen from tendril.campaigns g where g.name = sequence_funnel.campaign;
    return (
        with people as materialized (
            select c.version_id, c.status, c.reason, c.step, sum(c.people) as people
            from tendril.enrollment_counts c
            where c.version_id = any (versions) and c.enrolled_on between first and last
                and (sequence_funnel.campaign is null or c.campaign_id = chosen)
            group by 1, 2, 3, 4
        ), began as materialized (
            select * from people p where p.reason is distinct from 'holdout'
        ), places as (
            select s.version_id, s.position, s.name,
                coalesce((select sum(b.people) from began b
                    where b.version_id = s.version_id and b.step >= s.position - (b.status <> 'completed')::int), 0) as reached,
                coalesce((select sum(b.people) from began b
                    where b.version_id = s.version_id and b.step = s.position - 1 and b.status in ('active', 'paused')), 0) as waiting
            from tendril.sequence_steps s
            where s.version_id = any (versions)
        ), got as (
            select t.version_id, t.message_step, sum(t.people) as people, sum(t.engaged) as engaged, sum(t.opened) as opened, sum(t.clicked) as clicked,
                sum(t.converted) as converted
            from tendril.step_counts t
            where t.version_id = any (versions) and t.enrolled_on between first and last
                and (sequence_funnel.campaign is null or t.campaign_id = chosen)
            group by 1, 2
        ), reasons as (
            select s.name, b.reason, sum(b.people) as people
            from began b join tendril.sequence_steps s on s.version_id = b.version_id and s.position = b.step + 1
            where b.status = 'cancelled'
            group by 1, 2
            having sum(b.people) > 0
        ), named as (
            select p.name, max(p.version_id) as newest, sum(p.reached) as reached, sum(p.waiting) as waiting, sum(g.people) as got,
                sum(g.engaged) as engaged, sum(g.opened) as opened, sum(g.clicked) as clicked, sum(g.converted) as converted
            from places p
            left join got g on g.version_id = p.version_id and g.message_step = p.position
            group by p.name
            having max(p.version_id) = (select max(v) from unnest(versions) v) or sum(p.reached) > 0
        )
        select jsonb_build_object(
            'sequence', sequence_funnel.sequence, 'title', (select q.title from tendril.sequences q where q.name = sequence_funnel.sequence),
            'entered', coalesce((select sum(b.people) from began b), 0),
            'held_out', coalesce((select sum(p.people) from people p where p.reason = 'holdout'), 0),
            'running', coalesce((select sum(b.people) from began b where b.status in ('active', 'paused')), 0),
            'completed', coalesce((select sum(b.people) from began b where b.status = 'completed'), 0),
            'left', coalesce((select sum(b.people) from began b where b.status = 'cancelled'), 0),
            'steps', coalesce((
                select jsonb_agg(jsonb_build_object(
                    'step', n.name, 'reached', n.reached, 'got', coalesce(n.got, 0), 'engaged', coalesce(n.engaged, 0), 'opened', coalesce(n.opened, 0),
                    'clicked', coalesce(n.clicked, 0), 'converted', coalesce(n.converted, 0), 'waiting', n.waiting,
                    'left', coalesce((
                        select jsonb_agg(jsonb_build_object('reason', r.reason, 'people', r.people) order by r.people desc, r.reason)
                        from reasons r where r.name = n.name), '[]')) order by s.position, n.newest desc, n.name)
                from named n join tendril.sequence_steps s on s.version_id = n.newest and s.name = n.name), '[]')));
end;
$$;
