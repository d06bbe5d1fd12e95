-- Compiles a list of filters joined by "and" or "or"; an empty "and" holds, an empty "or" does not; changes nothing.
create or replace function tendril.join_filters(filters jsonb, joiner text)
returns text
language plpgsql immutable
set search_path = ''
as $$
#variable_conflict use_column
begin
    if jsonb_typeof(join_filters.filters) is distinct from 'array' then
        raise exception 'this operator takes a list of filters, not %', join_filters.filters using errcode = 'TN422', detail = 'filter';
    end if;
    return coalesce(
        (select '(' || string_agg(tendril.compile_filter(value), join_filters.joiner) || ')' from jsonb_array_elements(join_filters.filters)),
        (btrim(join_filters.joiner) = 'and')::text
    );
end;
$$;
