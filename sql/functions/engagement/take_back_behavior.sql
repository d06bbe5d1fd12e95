-- Deletes the behavior events of these ids, which turned out not to have happened, the conversions that they were, and what they
-- earned; says how many.
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
    deleted int;
begin
    if cardinality(ids) = 0 then
        return 0;
    end if;
    perform tendril.take_back_awards(ids);
    delete from tendril.conversions c where c.behavior_event_id = any (ids);
    with gone as (
        delete from tendril.behavior_events b where b.id = any (ids) returning b.occurred_at
    ), marked as (
        insert into tendril.active_marks (hour) select date_trunc('hour', g.occurred_at) from gone g group by 1
    )
    select count(*) into deleted from gone;
    return deleted;
end;
$$;
