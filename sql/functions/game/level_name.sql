-- Says what a level is called in somebody's language, in English where it has no name in that; changes nothing.
create or replace function tendril.level_name(level tendril.xp_levels, locale text)
returns text
language sql immutable
set search_path = ''
as $$
    select coalesce((level_name.level).names ->> left(level_name.locale, 2), (level_name.level).name);
$$;
