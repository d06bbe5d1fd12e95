-- Who of those that did something may have earned an achievement by it: those who have it not, and of one that asks for nothing but
-- behavior, those who did something that it asks for. Changes nothing.
create or replace function tendril.candidates_for(achievement tendril.achievements, behavior_events bigint[])
returns uuid[]
language sql stable
set search_path = ''
as $$
    with asked as (
        select array_agg(k.key) as keys from tendril.filter_keys((candidates_for.achievement).filter) k
    )
    select coalesce(array_agg(distinct b.user_id), '{}')
    from asked
    cross join tendril.behavior_events b
    where b.id = any (candidates_for.behavior_events)
        and ('behavior.' || b.type = any (asked.keys) or exists (select from unnest(asked.keys) k where k not like 'behavior.%'))
        and not exists (
            select from tendril.achievements_earned e where e.user_id = b.user_id and e.achievement = (candidates_for.achievement).name);
$$;
