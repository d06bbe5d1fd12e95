-- Tells of a page of the users who meet a filter, or, without one, of those whose risk is over the threshold, in the order of their ids, what
-- one would do for them and why (`ways`: [{type, sequence, urgent}]). Whoever had an intervention lately is left out; changes nothing.
create or replace function tendril.intervention_candidates(
    filter jsonb default null, ways jsonb default '[]', after_user uuid default null, most int default 100, quiet interval default '7 days',
    at timestamptz default tendril.clock()
)
returns jsonb
language plpgsql stable
set search_path = ''
as $$
#variable_conflict use_column
declare
    page uuid[] := case when intervention_candidates.filter is not null then tendril.users_meeting(
        intervention_candidates.filter, intervention_candidates.after_user, batch => intervention_candidates.most)
    else array(
        select r.user_id from tendril.drop_off_risks r
        where r.risk >= coalesce((select i.threshold from tendril.intervention_rules i), 60)
            and (intervention_candidates.after_user is null or r.user_id > intervention_candidates.after_user)
        order by r.user_id limit intervention_candidates.most) end;
begin
    return (
        select jsonb_build_object(
            'items', coalesce(jsonb_agg(jsonb_build_object(
                'user_id', u.id, 'name', tendril.full_name(u), 'risk', r.risk, 'band', r.band, 'reasons', coalesce(r.reasons, '[]'),
                'type', c.type, 'choice', c.choice) order by u.id), '[]'),
            'next_after', case when cardinality(page) = intervention_candidates.most then page[cardinality(page)] end)
        from tendril.choose_interventions(page, intervention_candidates.ways, at => intervention_candidates.at) c
        join tendril.users u on u.id = c.user_id and u.deleted_at is null
        left join tendril.drop_off_risks r on r.user_id = u.id
        where not exists (
            select from tendril.interventions i
            where i.user_id = u.id and (i.ended_at is null or i.created_at > intervention_candidates.at - intervention_candidates.quiet))
            and not exists (
                select from tendril.enrollments e
                where e.user_id = u.id and e.sequence ^@ 'intervention_' and e.enrolled_at > intervention_candidates.at - intervention_candidates.quiet));
end;
$$;
