-- Compiles a list of filters joined by "and" or "or"; an empty "and" holds, an empty "or" does not; changes nothing.
create or replace function tendril.join_filters(filters jsonb, joiner text, path text default '', depth int default 0)
returns text
language plpgsql immutable
set search_path = ''
as $$
#variable_conflict use_column
begin
    if jsonb_typeof(join_filters.filters) is distinct from 'array' then
        perform tendril.refuse_filter(join_filters.path, 'takes a list of filters');
    end if;
    return coalesce(
        (
            select '(' || string_agg(
                tendril.compile_filter(each.value, format('%s[%s]', join_filters.path, each.place - 1), join_filters.depth), join_filters.joiner
                order by each.place) || ')'
            from jsonb_array_elements(join_filters.filters) with ordinality as each (value, place)
        ),
        (btrim(join_filters.joiner) = 'and')::text
    );
end;
$$;
