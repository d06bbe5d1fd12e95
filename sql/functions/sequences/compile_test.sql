-- Compiles what is asked of one JSON value: a plain value for equality, or operators that all have to hold; a missing value is
-- null, and values of another type never match an order; changes nothing.
create or replace function tendril.compile_test(operand text, wanted jsonb, path text, depth int default 0)
returns text
language plpgsql immutable
set search_path = ''
as $$
#variable_conflict use_column
declare
    parts text[] := '{}';
    entry record;
begin
    if compile_test.depth > 8 then
        perform tendril.refuse_filter(compile_test.path, 'nested more than 8 deep');
    elsif jsonb_typeof(compile_test.wanted) = 'array' then
        perform tendril.refuse_filter(compile_test.path, 'takes a text, a number, true, false or null, not a list');
    elsif jsonb_typeof(compile_test.wanted) <> 'object' then
        return format('(coalesce(%s, ''null'') = %L::jsonb)', compile_test.operand, compile_test.wanted);
    end if;
    for entry in select key, value from jsonb_each(compile_test.wanted) loop
        parts := parts || tendril.compile_operator(
            compile_test.operand, entry.key, entry.value, compile_test.path || '.' || entry.key, compile_test.depth);
    end loop;
    return case when cardinality(parts) = 0 then 'true' else '(' || array_to_string(parts, ' and ') || ')' end;
end;
$$;
