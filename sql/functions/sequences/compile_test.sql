-- Compiles what is asked of one JSON value: a plain value for equality, or operators; values of another type never match an
-- order; changes nothing.
create or replace function tendril.compile_test(operand text, wanted jsonb, path text)
returns text
language plpgsql immutable
set search_path = ''
as $$
#variable_conflict use_column
declare
    parts text[] := '{}';
    entry record;
begin
    if jsonb_typeof(compile_test.wanted) <> 'object' then
        return format('(coalesce(%s, ''null'') = %L::jsonb)', compile_test.operand, compile_test.wanted);
    end if;
    for entry in select key, value from jsonb_each(compile_test.wanted) loop
        parts := parts || case
            when entry.key = '$eq' then format('(coalesce(%s, ''null'') = %L::jsonb)', compile_test.operand, entry.value)
            when entry.key = '$ne' then format('(coalesce(%s, ''null'') <> %L::jsonb)', compile_test.operand, entry.value)
            when entry.key in ('$lt', '$lte', '$gt', '$gte') then format(
                '(jsonb_typeof(%1$s) = jsonb_typeof(%2$L::jsonb) and %1$s %3$s %2$L::jsonb)', compile_test.operand, entry.value,
                case entry.key when '$lt' then '<' when '$lte' then '<=' when '$gt' then '>' else '>=' end)
            when entry.key = '$in' then format('(%L::jsonb @> jsonb_build_array(coalesce(%s, ''null'')))', entry.value, compile_test.operand)
            when entry.key = '$nin' then format('(not %L::jsonb @> jsonb_build_array(coalesce(%s, ''null'')))', entry.value, compile_test.operand)
            when entry.key = '$exists' then format('((coalesce(%s, ''null'') <> ''null'') = %L::boolean)', compile_test.operand, entry.value)
            when entry.key = '$not' then '(' || tendril.compile_test(compile_test.operand, entry.value, compile_test.path) || ' is not true)'
        end;
        if parts[cardinality(parts)] is null then
            raise exception '% is not an operator of a filter', entry.key using errcode = 'TN422', detail = compile_test.path || '.' || entry.key;
        end if;
    end loop;
    return case when cardinality(parts) = 0 then 'true' else '(' || array_to_string(parts, ' and ') || ')' end;
end;
$$;
