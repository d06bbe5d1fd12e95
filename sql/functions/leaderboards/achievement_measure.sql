-- Says what can be counted on the way to an achievement: of a filter that asks for a number of one thing, an SQL expression for how
-- much of it a user `u` has, and how much is needed; nothing of any other filter. Changes nothing.
create or replace function tendril.achievement_measure(filter jsonb)
returns table (expression text, need numeric)
language sql immutable
set search_path = ''
as $$
    with asked as (
        select e.key, split_part(e.key, '.', 1) as subject, substr(e.key, strpos(e.key, '.') + 1) as rest,
            e.value, coalesce(e.value -> '$count', e.value) as test
        from jsonb_each(achievement_measure.filter) e
        where jsonb_typeof(e.value) = 'object' and 1 = (select count(*) from jsonb_object_keys(achievement_measure.filter))
    ), measured as (
        select case
                when a.subject = 'behavior' and (a.value - '$count') = '{}'
                    then format('(select count(*) from tendril.behavior_events b where b.user_id = u.id and b.type = %L)', a.rest)
                when a.subject = 'commitments' and (a.value - '$count') = '{}'
                    then format('(select count(*) from tendril.commitments k where k.user_id = u.id and k.status = %L)', a.rest)
                when a.subject = 'streak' and a.rest in ('days', 'longest')
                    then format('(tendril.streak_of(u.id) ->> %L)::int', a.rest)
                when a.subject = 'xp' and a.rest = 'total'
                    then 'coalesce((select t.xp from tendril.xp_totals t where t.user_id = u.id), 0)'
                when a.subject = 'xp' and a.rest = 'level'
                    then 'coalesce((select t.level from tendril.xp_totals t where t.user_id = u.id), 1)'
            end as expression,
            a.test
        from asked a
    )
    select m.expression, (m.test ->> '$gte')::numeric
    from measured m
    where m.expression is not null and jsonb_typeof(m.test -> '$gte') = 'number' and m.test - '$gte' = '{}';
$$;
