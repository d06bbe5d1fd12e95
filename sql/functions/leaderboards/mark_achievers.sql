-- Trigger: notes what people did that they may have earned an achievement by, one event of each type.
create or replace function tendril.mark_achievers()
returns trigger
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
begin
    insert into tendril.achievement_marks (behavior_event_id)
    select d.id from (select n.user_id, n.type, min(n.id) as id from now n group by 1, 2) d
    where exists (select from tendril.achievements a where a.is_offered and tendril.may_earn(a, d.type));
    return null;
end;
$$;
