-- Who of those that did something may have earned an achievement by it and has it not yet; changes nothing.
create or replace function tendril.candidates_for(achievement tendril.achievements, behavior_events bigint[])
returns uuid[]
language sql stable
set search_path = ''
as $$
    select coalesce(array_agg(distinct b.user_id), '{}')
    from tendril.behavior_events b
    where b.id = any (candidates_for.behavior_events) and tendril.may_earn(candidates_for.achievement, b.type)
        and not exists (
            select from tendril.achievements_earned e
            where e.user_id = b.user_id and e.achievement = (candidates_for.achievement).name);
$$;
