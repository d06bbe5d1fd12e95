-- Lists the behavior events that a filter asks for, where it asks for nothing else; null where anything may matter. Changes nothing.
create or replace function tendril.filter_event_types(filter jsonb)
returns text[]
language sql immutable
set search_path = ''
as $$
    with recursive part as (
        select filter_event_types.filter as part
        union all
        select i.item
        from part p
        cross join lateral jsonb_each(p.part) e
        cross join lateral jsonb_array_elements(case jsonb_typeof(e.value) when 'array' then e.value else jsonb_build_array(e.value) end) as i (item)
        where e.key like '$%' and jsonb_typeof(i.item) = 'object'
    )
    select case when bool_and(k.key like 'behavior.%') then array_agg(substr(k.key, length('behavior.') + 1)) end
    from part p cross join lateral jsonb_object_keys(p.part) as k (key)
    where k.key not like '$%';
$$;
