-- Compiles whether a step of the enrollment at hand was clicked or opened; changes nothing.
create or replace function tendril.compile_step(subject text, step text, wanted jsonb, path text)
returns text
language plpgsql immutable
set search_path = ''
as $$
#variable_conflict use_column
declare
    there boolean := case
        when jsonb_typeof(compile_step.wanted) = 'boolean' then compile_step.wanted::boolean
        when compile_step.wanted in ('{"$exists": true}', '{"$exists": false}') then (compile_step.wanted -> '$exists')::boolean
    end;
begin
    if there is null then
        perform tendril.refuse_filter(compile_step.path, 'takes {"$exists": true} or {"$exists": false}');
    end if;
    return format(
        '%s (select from tendril.message_deliveries m join tendril.sequence_steps t on t.version_id = m.version_id and t.position = m.message_step'
        ' where m.enrollment_id = e.id and t.name = %L and m.%I is not null)',
        case when there then 'exists' else 'not exists' end, compile_step.step, compile_step.subject || '_at');
end;
$$;
