-- Says which of these deliveries belong to a step whose condition their user does not meet; changes nothing.
create or replace function tendril.unmet_conditions(deliveries bigint[])
returns bigint[]
language plpgsql stable
set search_path = ''
as $$
#variable_conflict use_column
declare
    step record;
    unmet bigint[] := '{}';
begin
    -- One statement per distinct condition, however many deliveries share it.
    for step in
        select s.condition, array_agg(d.id) as ids
        from tendril.message_deliveries d
        join tendril.sequence_steps s on s.version_id = d.version_id and s.position = d.message_step
        where d.id = any (unmet_conditions.deliveries) and s.condition is not null
        group by s.condition
    loop
        unmet := unmet || array(
            select unnest(step.ids) except select unnest(tendril.deliveries_meeting(step.condition, step.ids)));
    end loop;
    return unmet;
end;
$$;
