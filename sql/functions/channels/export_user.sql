-- Gives everything that the database holds of a user, by table, for the user: every row that names them, and what hangs on such
-- rows. Found in the catalogue, so that a new table is in it by itself; changes nothing.
create or replace function tendril.export_user(user_id uuid, at timestamptz default tendril.clock())
returns jsonb
language plpgsql stable
set search_path = ''
as $$
#variable_conflict use_column
declare
    exported jsonb;
    place record;
    rows jsonb;
begin
    select jsonb_build_object('exported_at', export_user.at, 'users', jsonb_build_array(tendril.without_secrets(to_jsonb(u))))
    into exported from tendril.users u where u.id = export_user.user_id;
    if not found then
        raise exception 'no user %', export_user.user_id using errcode = 'TN404', detail = 'user';
    end if;
    for place in
        with owned as (
            select a.attrelid as id, c.relname as name from pg_catalog.pg_attribute a join pg_catalog.pg_class c on c.oid = a.attrelid
            where c.relnamespace = 'tendril'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition and a.attname = 'user_id'
        )
        select o.name, format('tendril.%I t where t.user_id = $1', o.name) as source from owned o
        union all
        select c.relname, format('tendril.%I t join tendril.%I o on o.%I = t.%I where o.user_id = $1', c.relname, o.name, theirs.attname, ours.attname)
        from pg_catalog.pg_constraint f
        join owned o on o.id = f.confrelid
        join pg_catalog.pg_class c on c.oid = f.conrelid and c.oid not in (select id from owned)
        join pg_catalog.pg_attribute ours on ours.attrelid = f.conrelid and ours.attnum = f.conkey[1]
        join pg_catalog.pg_attribute theirs on theirs.attrelid = f.confrelid and theirs.attnum = f.confkey[1]
        where f.contype = 'f' and cardinality(f.conkey) = 1
        order by 1
    loop
        execute 'select coalesce(jsonb_agg(tendril.without_secrets(to_jsonb(t))), ''[]'') from ' || place.source into rows using export_user.user_id;
        exported := exported || jsonb_build_object(place.name, rows);
    end loop;
    return exported;
end;
$$;
