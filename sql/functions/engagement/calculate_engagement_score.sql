-- Scores from 0 to 100 how engaged a user is (overall, on telegram or email alone, in attendance or commitment), by everything that is
-- known at this moment. Factors say how it came about; `valid_until`, until when it is at most a point too high if nothing happens.
-- Changes nothing: of many users at once, tendril.engagement_scores has it.
create or replace function tendril.calculate_engagement_score(user_id uuid, score_type text default 'overall', at timestamptz default tendril.clock())
returns jsonb
language plpgsql stable
set search_path = ''
as $$
#variable_conflict use_column
declare
    gathered tendril.user_scores;
    evidence tendril.score_evidence;
    score float8;
begin
    perform tendril.check_score_type(calculate_engagement_score.score_type);
    select e.* into gathered
    from tendril.score_evidence_of(array[calculate_engagement_score.user_id], calculate_engagement_score.at) e;
    if not found then
        raise exception 'no user %', calculate_engagement_score.user_id using errcode = 'TN404', detail = 'user';
    end if;
    evidence := case calculate_engagement_score.score_type
        when 'overall' then gathered.overall when 'telegram' then gathered.telegram when 'email' then gathered.email
        when 'attendance' then gathered.attendance else gathered.commitment end;
    score := tendril.score_of(calculate_engagement_score.score_type, evidence, calculate_engagement_score.at, calculate_engagement_score.at);
    return jsonb_build_object(
        'user_id', calculate_engagement_score.user_id, 'score_type', calculate_engagement_score.score_type, 'score', score,
        'factors', tendril.score_factors(calculate_engagement_score.score_type, evidence, calculate_engagement_score.at, calculate_engagement_score.at),
        'calculated_at', calculate_engagement_score.at,
        'valid_until', tendril.score_valid_until(calculate_engagement_score.score_type, score, calculate_engagement_score.at));
end;
$$;
