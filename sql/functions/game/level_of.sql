-- Says which level so much XP is, 1 where there are none; changes nothing.
create or replace function tendril.level_of(xp int)
returns int
language sql stable
set search_path = ''
as $$
    select coalesce(max(l.number), 1) from tendril.xp_levels l where l.xp <= level_of.xp;
$$;
