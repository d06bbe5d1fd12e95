-- The current versions of the templates with these names, for steps to take their words from; archived ones are not there.
create or replace function tendril.templates_named(names text[])
returns table (name text, title text, type text, version_id bigint, number int, content jsonb, context text[])
language sql
stable
set search_path = ''
as $$
    select t.name, t.title, t.type, v.id, v.number, v.content, v.context
    from tendril.templates t
    join tendril.template_versions v on v.id = t.current_version_id
    where t.name = any (templates_named.names) and t.archived_at is null
    order by t.name;
$$;
