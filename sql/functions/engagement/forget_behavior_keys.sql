-- Trigger: forgets the ids that made these behavior events count once.
create or replace function tendril.forget_behavior_keys()
returns trigger
language plpgsql
set search_path = ''
set enable_seqscan = off
as $$
#variable_conflict use_column
begin
    delete from tendril.behavior_keys k where k.event_id = any (array(select w.event_id from was w));
    return null;
end;
$$;
