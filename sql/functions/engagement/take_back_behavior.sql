-- Deletes the behavior events of these ids, which turned out not to have happened, the conversions that they were, what they earned and
-- what they counted for; says how many.
create or replace function tendril.take_back_behavior(event_ids text[])
returns int
language plpgsql
set search_path = ''
set enable_seqscan = off
as $$
#variable_conflict use_column
declare
    ids bigint[] := array(
        select k.behavior_event_id from tendril.behavior_keys k where k.event_id = any (take_back_behavior.event_ids));
    gone tendril.behavior_events[];
begin
    if cardinality(ids) = 0 then
        return 0;
    end if;
    -- locks the users
    perform tendril.take_back_awards(ids);
    delete from tendril.conversions c where c.behavior_event_id = any (ids);
    with deleted as (
        delete from tendril.behavior_events b where b.id = any (ids) returning b as event
    )
    select coalesce(array_agg(d.event), '{}') into gone from deleted d;
    insert into tendril.active_marks (hour) select distinct date_trunc('hour', g.occurred_at) from unnest(gone) g;
    perform tendril.roll_back_behavior(gone);
    return cardinality(gone);
end;
$$;
