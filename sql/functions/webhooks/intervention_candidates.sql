-- Tells of a page of the users who meet a filter, in the order of their ids, what one has to know to choose a message for them: their
-- score and how it came about, and their streak. Whoever was sent such a message lately is left out; changes nothing.
create or replace function tendril.intervention_candidates(
    filter jsonb, after_user uuid default null, most int default 100, quiet interval default '7 days', at timestamptz default tendril.clock()
)
returns jsonb
language plpgsql stable
set search_path = ''
as $$
#variable_conflict use_column
declare
    page uuid[] := tendril.users_meeting(intervention_candidates.filter, intervention_candidates.after_user, batch => intervention_candidates.most);
begin
    return (
        select jsonb_build_object(
            'items', coalesce(jsonb_agg(jsonb_build_object(
                'user_id', u.id, 'name', tendril.full_name(u), 'score', s.reckoned -> 'score', 'factors', s.reckoned -> 'factors',
                'streak', tendril.streak_of(u.id, intervention_candidates.at)) order by u.id), '[]'),
            'next_after', case when cardinality(page) = intervention_candidates.most then page[cardinality(page)] end)
        from tendril.users u
        cross join lateral (select tendril.calculate_engagement_score(u.id, 'overall', intervention_candidates.at) as reckoned) s
        where u.id = any (page) and not exists (
            select from tendril.enrollments e
            where e.user_id = u.id and e.sequence ^@ 'intervention_' and e.enrolled_at > intervention_candidates.at - intervention_candidates.quiet));
end;
$$;
