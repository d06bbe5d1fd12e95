-- Gives the bit that stands for a channel, where behavior_days says over which something was done; changes nothing.
create or replace function tendril.channel_bit(source text)
returns smallint
language sql immutable
-- in this form it becomes part of the query that uses it
return case source when 'telegram' then 1 when 'email' then 2 else 0 end;
