-- Says from 0 to 1 how recently somebody did what a score is about; changes nothing.
create or replace function tendril.score_recency(score_type text, evidence tendril.score_evidence, at timestamptz)
returns float8
language sql immutable
return coalesce(tendril.faded((evidence).last_at, at, (tendril.score_shape(score_type))[1]), 0);
