-- Says until when a score is at most one point too high if nothing happens: no part of it fades faster than recency. Changes nothing.
create or replace function tendril.score_valid_until(score_type text, score float8, at timestamptz)
returns timestamptz
language sql immutable
return at + interval '1 day' * case
    when score > 1.1 then least(30, (tendril.score_shape(score_type))[1] * log(2, (score / (score - 1))::numeric)::float8) else 30 end;
