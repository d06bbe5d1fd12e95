-- Brings a template of the catalogue up to date: new where it was not there, untouched where an admin has written a version or put it
-- away. Says whether that changed anything.
create or replace function tendril.publish_template(
    name text, title text, type text, content jsonb, context text[] default '{}', description text default '',
    at timestamptz default tendril.clock()
)
returns boolean
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    known tendril.templates;
begin
    select t.* into known from tendril.templates t where t.name = publish_template.name;
    if not found then
        perform tendril.create_template(
            publish_template.name, publish_template.title, publish_template.type, publish_template.content, publish_template.context,
            publish_template.description, at => publish_template.at);
        return true;
    end if;
    if known.archived_at is not null or exists (
        select from tendril.template_versions v where v.template_id = known.id and v.created_by <> 'catalogue'
    ) then
        return false;
    end if;
    return tendril.add_template_version(known.id, publish_template.content, publish_template.context, 'catalogue', publish_template.at);
exception when sqlstate 'TN409' then
    -- another process was quicker
    return false;
end;
$$;
