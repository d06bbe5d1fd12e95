-- Says which of these deliveries belong to a step whose condition their user does not meet; changes nothing.
create or replace function tendril.unmet_conditions(deliveries bigint[])
returns bigint[]
language plpgsql stable
set search_path = ''
as $$
#variable_conflict use_column
declare
    step record;
    failing bigint[];
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
        execute format(
            'select array_agg(d.id) from tendril.message_deliveries d '
            'join tendril.users u on u.id = d.user_id join tendril.enrollments e on e.id = d.enrollment_id '
            'where d.id = any ($1) and (%s) is not true',
            tendril.compile_filter(step.condition)
        ) into failing using step.ids;
        unmet := unmet || coalesce(failing, '{}');
    end loop;
    return unmet;
end;
$$;
