-- Lists the versions of a template, newest first; changes nothing.
create or replace function tendril.template_versions_of(template_id bigint, limit_to int default 100, before_number int default null)
returns jsonb
language sql
stable
set search_path = ''
as $$
    select coalesce(jsonb_agg(to_jsonb(v) order by v.number desc), '[]')
    from (
        select v.number, v.id as version_id, v.content, v.context, v.created_by, v.created_at
        from tendril.template_versions v
        where v.template_id = (tendril.template_of(template_versions_of.template_id)).id
            and (template_versions_of.before_number is null or v.number < template_versions_of.before_number)
        order by v.number desc
        limit template_versions_of.limit_to
    ) v;
$$;
