-- Takes a template out of the archive.
create or replace function tendril.restore_template(template_id bigint)
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    restored tendril.templates := tendril.template_of(restore_template.template_id);
begin
    update tendril.templates t set archived_at = null, revision = t.revision + 1
    where t.id = restored.id and t.archived_at is not null;
    return tendril.describe_template(restored.id);
end;
$$;
