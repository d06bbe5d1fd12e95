-- Adds up two objects of counts; changes nothing.
create or replace function tendril.add_counts(one jsonb, other jsonb)
returns jsonb
language sql immutable
set search_path = ''
as $$
    select coalesce(jsonb_object_agg(summed.key, summed.n), '{}') from (
        select c.key, sum(c.value::bigint) as n
        from (select * from jsonb_each_text(add_counts.one) union all select * from jsonb_each_text(add_counts.other)) c
        group by c.key
    ) summed;
$$;
