-- Makes an achievement or changes one, and lets it be looked for among everybody when its filter is a new one; says how many it
-- made or changed: one, or none where it was so already. The file changes none that is an admin's. A filter that cannot be asked is
-- refused with the place.
create or replace function tendril.store_achievement(
    name text, title jsonb, description jsonb, icon text, filter jsonb, quiet boolean default false, "position" int default 1000,
    created_by text default null, at timestamptz default tendril.clock()
)
returns int
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    stored int;
begin
    if store_achievement.name !~ '^[a-z][a-z0-9_]{0,62}$' then
        raise exception 'a name has at most 63 of a-z, 0-9 and _, a letter first' using errcode = 'TN422', detail = 'name';
    end if;
    perform tendril.compile_filter(store_achievement.filter, store_achievement.name);
    insert into tendril.achievements as a (
        name, position, title, description, icon, filter, event_types, is_quiet, created_by, created_at, is_looked_through)
    values (
        store_achievement.name, store_achievement.position, store_achievement.title, store_achievement.description, store_achievement.icon,
        store_achievement.filter, tendril.filter_event_types(store_achievement.filter), store_achievement.quiet,
        store_achievement.created_by, store_achievement.at, not exists (select from tendril.users))
    on conflict (name) do update
    set position = excluded.position, title = excluded.title, description = excluded.description, icon = excluded.icon,
        filter = excluded.filter, event_types = excluded.event_types, is_quiet = excluded.is_quiet, is_offered = true,
        created_by = excluded.created_by,
        looked_through = case when a.is_offered and a.filter = excluded.filter then a.looked_through end,
        is_looked_through = case when a.is_offered and a.filter = excluded.filter then a.is_looked_through else false end
    where (a.created_by is null or excluded.created_by is not null)
        and (a.position, a.title, a.description, a.icon, a.filter, a.is_quiet, a.is_offered, a.created_by)
            is distinct from (excluded.position, excluded.title, excluded.description, excluded.icon, excluded.filter, excluded.is_quiet, true,
                excluded.created_by);
    get diagnostics stored = row_count;
    return stored;
end;
$$;
