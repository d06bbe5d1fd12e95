-- Lists the paths that a filter asks for, at any depth; changes nothing.
create or replace function tendril.filter_keys(filter jsonb)
returns table (key text)
language sql immutable
set search_path = ''
as $$
    with recursive part as (
        select filter_keys.filter as part
        union all
        select case when jsonb_typeof(e.value) = 'array' then i.item else e.value end
        from part p
        cross join lateral jsonb_each(p.part) e
        left join lateral jsonb_array_elements(case when jsonb_typeof(e.value) = 'array' then e.value else '[]' end) as i (item) on true
        where e.key in ('$and', '$or', '$nor', '$not') and jsonb_typeof(coalesce(i.item, e.value)) = 'object'
    )
    select e.key from part p cross join lateral jsonb_each(p.part) e where e.key not like '$%';
$$;
