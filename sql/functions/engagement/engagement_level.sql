-- How engaged a user is, in one word for templates: low, medium or high; changes nothing.
create or replace function tendril.engagement_level(user_id uuid, at timestamptz default tendril.clock())
returns text
language sql
stable
set search_path = ''
as $$
    select case when s.score < 40 then 'low' when s.score < 70 then 'medium' else 'high' end
    from (
        select (tendril.calculate_engagement_score(engagement_level.user_id, at => engagement_level.at) ->> 'score')::float8 as score
    ) s;
$$;
