-- Compiles what is asked of a value in the one row, if any, that another table has on a user, so that a whole audience is joined to
-- that table at once: where a missing row would do, which is as good as this value, nobody with a row that would not; changes
-- nothing.
create or replace function tendril.compile_lookup(source text, operand text, wanted jsonb, path text, missing text default 'null')
returns text
language plpgsql immutable
set search_path = ''
as $$
#variable_conflict use_column
declare
    test text := tendril.compile_test(compile_lookup.operand, compile_lookup.wanted, compile_lookup.path);
    missing_will_do boolean;
begin
    execute 'select ' || tendril.compile_test(format('%L::jsonb', compile_lookup.missing), compile_lookup.wanted, compile_lookup.path) into missing_will_do;
    return case when missing_will_do
        then format('not exists (select from %s and (%s) is not true)', compile_lookup.source, test)
        else format('exists (select from %s and %s)', compile_lookup.source, test)
    end;
end;
$$;
