-- Gives the definition of a version, for rendering; changes nothing.
create or replace function tendril.get_sequence_version(version_id bigint)
returns jsonb
language plpgsql stable
set search_path = ''
as $$
#variable_conflict use_column
declare
    found_definition jsonb;
begin
    select v.definition into found_definition from tendril.sequence_versions v where v.id = get_sequence_version.version_id;
    if not found then
        raise exception 'no sequence version %', get_sequence_version.version_id using errcode = 'TN404';
    end if;
    return found_definition;
end;
$$;
