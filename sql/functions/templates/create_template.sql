-- Writes down a template and its first version; raises TN409 where there is one of that name.
create or replace function tendril.create_template(
    name text, title text, type text, content jsonb, context text[] default '{}', description text default '', author text default 'catalogue',
    at timestamptz default tendril.clock()
)
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    created bigint;
begin
    insert into tendril.templates (name, title, description, type, created_by, created_at)
    values (create_template.name, create_template.title, create_template.description, create_template.type, create_template.author, create_template.at)
    on conflict (name) do nothing
    returning id into created;
    if created is null then
        raise exception 'there is a template named %', create_template.name using errcode = 'TN409', detail = 'name';
    end if;
    perform tendril.add_template_version(created, create_template.content, create_template.context, create_template.author, create_template.at);
    return tendril.describe_template(created);
end;
$$;
