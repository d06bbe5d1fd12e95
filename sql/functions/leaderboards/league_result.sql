-- What a place in a league means when it ends. Places are shared by those with as many XP, and the kinder side of a line is for all
-- of them. Changes nothing.
create or replace function tendril.league_result(tier int, people int, place int)
returns text
language sql immutable
set search_path = ''
as $$
    select case
        when league_result.place <= m.promoted then 'promoted'
        when league_result.place > league_result.people - m.relegated then 'relegated'
        else 'stayed' end
    from tendril.league_moves(league_result.tier, league_result.people) m;
$$;
