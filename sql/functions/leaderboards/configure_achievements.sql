-- Brings the achievements of the file into the database: new ones are offered, those that the file has no longer are not; an admin's
-- own stay. Whoever meets a new or changed filter already gets it without a word. Says how many are new or changed.
create or replace function tendril.configure_achievements(achievements jsonb, at timestamptz default tendril.clock())
returns int
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    given record;
    changed int := 0;
begin
    for given in
        select g.*, row_number() over () as position
        from jsonb_to_recordset(configure_achievements.achievements) as g (
            name text, title jsonb, description jsonb, icon text, filter jsonb, quiet boolean)
    loop
        changed := changed + tendril.store_achievement(
            given.name, given.title, given.description, given.icon, given.filter, coalesce(given.quiet, false), given.position::int,
            null, configure_achievements.at);
    end loop;
    update tendril.achievements a set is_offered = false
    where a.created_by is null and a.is_offered and a.name not in (
        select g ->> 'name' from jsonb_array_elements(configure_achievements.achievements) g);
    return changed;
end;
$$;
