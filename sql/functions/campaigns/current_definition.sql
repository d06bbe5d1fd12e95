-- Gives what a sequence says now, as it was published; changes nothing.
create or replace function tendril.current_definition(sequence text)
returns jsonb
language plpgsql stable
set search_path = ''
as $$
#variable_conflict use_column
declare
    definition jsonb;
begin
    select v.definition into definition
    from tendril.sequences s join tendril.sequence_versions v on v.id = s.current_version_id where s.name = current_definition.sequence;
    if not found then
        raise exception 'no sequence named %', current_definition.sequence using errcode = 'TN404', detail = 'sequence';
    end if;
    return definition;
end;
$$;
