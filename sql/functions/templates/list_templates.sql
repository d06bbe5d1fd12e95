-- Lists templates, oldest first, of one type or of all; changes nothing.
create or replace function tendril.list_templates(
    type text default null, is_archived boolean default false, limit_to int default 100, after_id bigint default null
)
returns jsonb
language sql
stable
set search_path = ''
as $$
    select coalesce(jsonb_agg(to_jsonb(listed) order by listed.id), '[]')
    from (
        select
            t.id, t.name, t.title, t.description, t.type, v.number as version, t.revision, t.created_by, t.created_at,
            v.created_at as changed_at, t.archived_at
        from tendril.templates t
        join tendril.template_versions v on v.id = t.current_version_id
        where (list_templates.type is null or t.type = list_templates.type)
            and (t.archived_at is not null) = list_templates.is_archived
            and (list_templates.after_id is null or t.id > list_templates.after_id)
        order by t.id
        limit list_templates.limit_to
    ) listed;
$$;
