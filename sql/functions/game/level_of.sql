-- Says which level so much XP is, 1 where there are none; changes nothing.
create or replace function tendril.level_of(xp int)
returns int
language sql stable
set search_path = ''
as $$
    select tendril.level_at(level_of.xp, array(select l.xp from tendril.xp_levels l order by l.number));
$$;
