-- How engaged a user is, in one word for templates: low, medium or high, by the score that is kept of them; changes nothing.
create or replace function tendril.engagement_level(user_id uuid, at timestamptz default tendril.clock())
returns text
language sql
stable
set search_path = ''
as $$
    select case when s.score >= 70 then 'high' when s.score >= 40 then 'medium' else 'low' end
    from (
        select (
            select tendril.score_of('overall', s.overall, s.calculated_at, engagement_level.at)
            from tendril.user_scores s where s.user_id = engagement_level.user_id) as score
    ) s;
$$;
