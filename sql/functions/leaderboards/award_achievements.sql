-- Gives what they have earned to those who did something, so many marks of it at a time: who meets an achievement's filter has it
-- from then on, once, and the behavior event achievement_earned says so, unless it is a quiet one. Says how many marks it took.
create or replace function tendril.award_achievements(batch int default 2000, at timestamptz default tendril.clock())
returns int
language plpgsql
set search_path = ''
set plan_cache_mode = 'force_generic_plan'
set random_page_cost = 1.1
-- Plans are made while the tables are still empty, and then kept.
set enable_seqscan = off
as $$
#variable_conflict use_column
declare
    marks bigint[];
    each tendril.achievements;
    events jsonb := '[]';
begin
    -- A mark is there as soon as its event is. So what the next statements see contains all that these marks stand for.
    with gone as (
        delete from tendril.achievement_marks m
        where m.ctid = any (array(select w.ctid from tendril.achievement_marks w limit award_achievements.batch for update skip locked))
        returning behavior_event_id
    )
    select coalesce(array_agg(g.behavior_event_id), '{}') into marks from gone g;
    if cardinality(marks) = 0 then
        return 0;
    end if;
    for each in select * from tendril.achievements a where a.is_offered order by a.position, a.name loop
        events := events || tendril.earned_events(
            tendril.award_achievement(each, tendril.candidates_for(each, marks), award_achievements.at), each);
    end loop;
    if events <> '[]' then
        perform tendril.record_behavior_events(events, award_achievements.at);
    end if;
    return cardinality(marks);
end;
$$;
