-- Trigger: notes what people did that they may have earned an achievement by, one event of each type.
create or replace function tendril.mark_achievers()
returns trigger
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
begin
    insert into tendril.achievement_marks (behavior_event_id)
    select min(n.id) from now n
    where n.type = any (array(
        select t.type from (select distinct n.type from now n) t
        where exists (select from tendril.achievements a where a.is_offered and tendril.may_earn(a, t.type))))
    group by n.user_id, n.type;
    return null;
end;
$$;
