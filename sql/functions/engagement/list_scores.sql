-- Gives the scores that are kept of these users, all or those of one kind, as they are now, with how they came about; of whom nothing
-- is known they are 0. Changes nothing.
create or replace function tendril.list_scores(users uuid[], score_type text default null, at timestamptz default tendril.clock())
returns jsonb
language sql stable
set search_path = ''
as $$
    select coalesce(jsonb_agg(jsonb_build_object(
        'user_id', k.user_id, 'score_type', k.score_type, 'score', k.score,
        'factors', tendril.score_factors(k.score_type, k.evidence, k.calculated_at, list_scores.at), 'calculated_at', k.calculated_at,
        'valid_until', tendril.score_valid_until(k.score_type, k.score, list_scores.at)) order by k.asked, k.place), '[]')
    from (
        select
            g.id as user_id, g.asked, t.place, t.score_type, t.evidence, coalesce(s.calculated_at, list_scores.at) as calculated_at,
            tendril.score_of(t.score_type, t.evidence, coalesce(s.calculated_at, list_scores.at), list_scores.at) as score
        from unnest(list_scores.users) with ordinality as g (id, asked)
        left join tendril.user_scores s on s.user_id = g.id
        cross join lateral (values
            (1, 'overall', s.overall), (2, 'telegram', s.telegram), (3, 'email', s.email), (4, 'attendance', s.attendance),
            (5, 'commitment', s.commitment)
        ) as t (place, score_type, evidence)
        where list_scores.score_type is null or t.score_type = list_scores.score_type
    ) k;
$$;
