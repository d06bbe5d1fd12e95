-- Says from 0 to 1 how often somebody did what a score is about; changes nothing.
create or replace function tendril.score_frequency(score_type text, evidence tendril.score_evidence, calculated_at timestamptz, at timestamptz)
returns float8
language sql immutable
return 1 - exp(-least(500, coalesce((evidence).days, 0) * tendril.faded(calculated_at, at, (tendril.score_shape(score_type))[2])
    / (tendril.score_shape(score_type))[3]));
