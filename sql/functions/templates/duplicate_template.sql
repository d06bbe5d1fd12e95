-- Writes down a template that begins with what another one says now.
create or replace function tendril.duplicate_template(
    template_id bigint, name text, author text, title text default null, at timestamptz default tendril.clock()
)
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    original tendril.templates := tendril.template_of(duplicate_template.template_id);
    words tendril.template_versions;
begin
    select v.* into words from tendril.template_versions v where v.id = original.current_version_id;
    return tendril.create_template(
        duplicate_template.name, coalesce(duplicate_template.title, original.title), original.type, words.content, words.context,
        original.description, duplicate_template.author, duplicate_template.at);
end;
$$;
