-- Compiles that one item of a JSON list meets operators, or that the fields of one item meet them; changes nothing.
create or replace function tendril.compile_item(operand text, wanted jsonb, path text, depth int default 0)
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
    for entry in select key, value from jsonb_each(compile_item.wanted) loop
        place := compile_item.path || '.' || entry.key;
        parts := parts || case
            when entry.key like '$%' then tendril.compile_operator('each.item', entry.key, entry.value, place, compile_item.depth)
            else tendril.compile_test(format('(each.item #> %L)', string_to_array(entry.key, '.')), entry.value, place, compile_item.depth)
        end;
    end loop;
    return format(
        '(exists (select from jsonb_array_elements(case jsonb_typeof(%1$s) when ''array'' then %1$s else ''[]'' end) as each (item) where %2$s))',
        compile_item.operand, coalesce(nullif(array_to_string(parts, ' and '), ''), 'true'));
end;
$$;
