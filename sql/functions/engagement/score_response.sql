-- Says from 0 to 1 how much of what somebody was asked they answered. Where little was asked, somebody who is there is taken to answer
-- one question of those that are taken for granted, and somebody who is not, none. Changes nothing.
create or replace function tendril.score_response(score_type text, evidence tendril.score_evidence, calculated_at timestamptz, at timestamptz)
returns float8
language sql immutable
return (
        coalesce((evidence).answered, 0) * tendril.faded(calculated_at, at, (tendril.score_shape(score_type))[4])
        + tendril.score_recency(score_type, evidence, at)
    ) / (
        coalesce((evidence).asked, 0) * tendril.faded(calculated_at, at, (tendril.score_shape(score_type))[4])
        + (tendril.score_shape(score_type))[5]
    );
