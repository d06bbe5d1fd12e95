-- Says how a score came about: the points for recency, frequency and response, and what they follow from, as far as it has not faded;
-- changes nothing.
create or replace function tendril.score_factors(score_type text, evidence tendril.score_evidence, calculated_at timestamptz, at timestamptz)
returns jsonb
language sql immutable
return jsonb_build_object(
    'recency', round(10 * (tendril.score_shape(score_type))[6] * tendril.score_recency(score_type, evidence, at)) / 10,
    'frequency', round(10 * (tendril.score_shape(score_type))[7] * tendril.score_frequency(score_type, evidence, calculated_at, at)) / 10,
    'response', round(10 * (tendril.score_shape(score_type))[8] * tendril.score_response(score_type, evidence, calculated_at, at)) / 10,
    'days_since_last_activity', round(100 * date_part('epoch', greatest(at, (evidence).last_at) - (evidence).last_at) / 86400) / 100,
    'active_days', round(10 * coalesce((evidence).days, 0) * tendril.faded(calculated_at, at, (tendril.score_shape(score_type))[2])) / 10,
    'asked', round(10 * coalesce((evidence).asked, 0) * tendril.faded(calculated_at, at, (tendril.score_shape(score_type))[4])) / 10,
    'answered', round(10 * coalesce((evidence).answered, 0) * tendril.faded(calculated_at, at, (tendril.score_shape(score_type))[4])) / 10);
