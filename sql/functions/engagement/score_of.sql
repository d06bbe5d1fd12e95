-- Scores somebody from 0 to 100 by evidence that was gathered at one moment, as of another; without any it is 0. Changes nothing.
create or replace function tendril.score_of(score_type text, evidence tendril.score_evidence, calculated_at timestamptz, at timestamptz)
returns float8
language sql immutable
return round(10 * least(100, (tendril.score_shape(score_type))[6] * tendril.score_recency(score_type, evidence, at)
    + (tendril.score_shape(score_type))[7] * tendril.score_frequency(score_type, evidence, calculated_at, at)
    + (tendril.score_shape(score_type))[8] * tendril.score_response(score_type, evidence, calculated_at, at))) / 10;
