-- Compiles a filter to an SQL condition over a user `u` and an enrollment `e`; every name and value in it is quoted; changes nothing.
create or replace function tendril.compile_filter(filter jsonb)
returns text
language plpgsql immutable
set search_path = ''
as $$
#variable_conflict use_column
declare
    parts text[] := '{}';
    entry record;
begin
    if jsonb_typeof(compile_filter.filter) is distinct from 'object' then
        raise exception 'a filter is an object, not %', compile_filter.filter using errcode = 'TN422', detail = 'filter';
    end if;
    for entry in select key, value from jsonb_each(compile_filter.filter) loop
        parts := parts || case entry.key
            when '$and' then tendril.join_filters(entry.value, ' and ')
            when '$or' then tendril.join_filters(entry.value, ' or ')
            when '$nor' then '((' || tendril.join_filters(entry.value, ' or ') || ') is not true)'
            when '$not' then '((' || tendril.compile_filter(entry.value) || ') is not true)'
            else tendril.compile_path(entry.key, entry.value)
        end;
    end loop;
    return case when cardinality(parts) = 0 then 'true' else '(' || array_to_string(parts, ' and ') || ')' end;
end;
$$;
