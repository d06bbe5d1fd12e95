-- Gives, for each user and each of these types, how many events there were in the week that ends with the day asked for, and in
-- all until then, as two lists in the order of the types; nothing of users who did none of them; changes nothing.
create or replace function tendril.activity_by_type(users uuid[], days date[], types text[])
returns table (user_id uuid, last_week float8[], ever float8[])
language sql stable
set search_path = ''
as $$
    with counted as (
        select
            a.user_id, b.type, coalesce(sum(b.events) filter (where b.day > a.day - 7), 0)::float8 as last_week,
            sum(b.events)::float8 as ever
        from unnest(activity_by_type.users, activity_by_type.days) as a (user_id, day)
        join tendril.behavior_days b on b.user_id = a.user_id and b.day <= a.day and b.type = any (activity_by_type.types)
        group by 1, 2
    )
    select
        p.user_id, array_agg(coalesce(c.last_week, 0) order by t.place), array_agg(coalesce(c.ever, 0) order by t.place)
    from (select distinct counted.user_id from counted) p
    cross join unnest(activity_by_type.types) with ordinality as t (type, place)
    left join counted c on c.user_id = p.user_id and c.type = t.type
    group by 1;
$$;
