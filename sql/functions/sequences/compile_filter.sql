-- Compiles a filter to an SQL condition over a user `u` and an enrollment `e`; every name and value in it is quoted; what cannot be
-- asked is refused with its path, as sequences/filters.py does; changes nothing.
create or replace function tendril.compile_filter(filter jsonb, path text default '', depth int default 0)
returns text
language plpgsql immutable
set search_path = ''
as $$
#variable_conflict use_column
declare
    parts text[] := '{}';
    entry record;
    place text;
begin
    if jsonb_typeof(compile_filter.filter) is distinct from 'object' then
        perform tendril.refuse_filter(compile_filter.path, format('a filter is an object, not %s', left(compile_filter.filter::text, 100)));
    elsif compile_filter.depth > 8 then
        perform tendril.refuse_filter(compile_filter.path, 'nested more than 8 deep');
    elsif compile_filter.depth = 0 and (
        select count(*) > 300 from jsonb_path_query(compile_filter.filter, 'strict $.**{0 to 30} ? (@.type() == "object").keyvalue()')) then
        perform tendril.refuse_filter(compile_filter.path, 'more than 300 conditions and operators');
    end if;
    for entry in select key, value from jsonb_each(compile_filter.filter) loop
        place := concat_ws('.', nullif(compile_filter.path, ''), entry.key);
        parts := parts || case
            when entry.key = '$and' then tendril.join_filters(entry.value, ' and ', place, compile_filter.depth + 1)
            when entry.key = '$or' then tendril.join_filters(entry.value, ' or ', place, compile_filter.depth + 1)
            when entry.key = '$nor' then '((' || tendril.join_filters(entry.value, ' or ', place, compile_filter.depth + 1) || ') is not true)'
            when entry.key = '$not' then '((' || tendril.compile_filter(entry.value, place, compile_filter.depth + 1) || ') is not true)'
            when entry.key like '$%' then tendril.refuse_filter(place, 'no such operator here; there are: $and, $or, $nor, $not')
            else tendril.compile_path(entry.key, entry.value, place)
        end;
    end loop;
    return case when cardinality(parts) = 0 then 'true' else '(' || array_to_string(parts, ' and ') || ')' end;
end;
$$;
