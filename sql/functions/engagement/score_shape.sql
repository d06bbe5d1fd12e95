-- Gives how a score of this kind is made, in this order: after how many days what was done last counts half, and a day on which
-- something was done; how many such days are many; after how many days what was asked and answered counts half; how many unanswered
-- questions are taken for granted; and how many points each of recency, frequency and response can give. Changes nothing.
create or replace function tendril.score_shape(score_type text)
returns float8[]
language sql immutable
-- in this form, and without a search path of its own, it becomes part of the query that uses it
return case score_type
    when 'attendance' then array[30, 60, 3, 90, 2, 30, 20, 50]::float8[]
    when 'commitment' then array[14, 30, 6, 30, 2, 30, 20, 50]::float8[]
    else array[7, 14, 6, 30, 4, 50, 25, 25]::float8[]
end;
