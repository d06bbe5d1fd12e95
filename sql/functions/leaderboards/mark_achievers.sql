-- Trigger: notes what people did, one event of each type, so that their achievements are looked at.
create or replace function tendril.mark_achievers()
returns trigger
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
begin
    insert into tendril.achievement_marks (behavior_event_id)
    select min(n.id) from now n where n.type <> 'achievement_earned' group by n.user_id, n.type;
    return null;
end;
$$;
