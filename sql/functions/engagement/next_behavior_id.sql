-- Says the id of a behavior event that is recorded now.
create or replace function tendril.next_behavior_id()
returns bigint
language plpgsql
set search_path = ''
as $$
begin
    return tendril.first_behavior_id(tendril.clock()) + nextval('tendril.behavior_event_ids');
end;
$$;
