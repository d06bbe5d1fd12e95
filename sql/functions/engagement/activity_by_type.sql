-- Gives, for each user and each of these types, how many events there were in the week that ends with the day asked for, and in
-- all until then, as two lists in the order of the types; nothing of users who did none of them; changes nothing.
create or replace function tendril.activity_by_type(users uuid[], days date[], types text[])
returns table (user_id uuid, last_week float8[], ever float8[])
language sql stable
set search_path = ''
as $$
    select a.user_id, l.last_week, l.ever
    from unnest(activity_by_type.users, activity_by_type.days) as a (user_id, day)
    -- one user after the other: where many are asked for, a join of all their types would be planned for a few
    cross join lateral (
        select
            array_agg(coalesce(c.last_week, 0) order by t.place) as last_week, array_agg(coalesce(c.ever, 0) order by t.place) as ever
        from unnest(activity_by_type.types) with ordinality as t (type, place)
        left join (
            select b.type, sum(b.events) filter (where b.day > a.day - 7)::float8 as last_week, sum(b.events)::float8 as ever
            from tendril.behavior_days b where b.user_id = a.user_id and b.day <= a.day group by b.type
        ) c on c.type = t.type
        having count(c.type) > 0
    ) l;
$$;
