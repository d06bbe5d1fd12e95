-- How many of a league's people go up and down when it ends: of thirty the first seven and the last five, of fewer as many in
-- proportion; nobody falls out of the lowest tier or rises above the highest. Changes nothing.
create or replace function tendril.league_moves(tier int, people int)
returns table (promoted int, relegated int)
language sql immutable
set search_path = ''
as $$
    select case when league_moves.tier = 10 then 0 else round(league_moves.people * 7 / 30.0)::int end,
        case when league_moves.tier = 1 then 0 else league_moves.people * 5 / 30 end;
$$;
