-- Refuses a filter, naming the place in it; gives nothing, so that it can stand where an SQL condition would; changes nothing.
create or replace function tendril.refuse_filter(path text, problem text)
returns text
language plpgsql immutable
set search_path = ''
as $$
#variable_conflict use_column
begin
    raise exception '%', concat_ws(': ', nullif(refuse_filter.path, ''), refuse_filter.problem)
        using errcode = 'TN422', detail = coalesce(nullif(refuse_filter.path, ''), 'filter');
end;
$$;
