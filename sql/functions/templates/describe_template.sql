-- Tells of one template: what it says now, or said in the version with this number, and where it is used; changes nothing.
create or replace function tendril.describe_template(template_id bigint, number int default null)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
#variable_conflict use_column
declare
    shown tendril.templates := tendril.template_of(describe_template.template_id);
    words tendril.template_versions;
begin
    select v.* into words from tendril.template_versions v
    where v.template_id = shown.id
        and case when describe_template.number is null then v.id = shown.current_version_id else v.number = describe_template.number end;
    if not found then
        raise exception 'the template % has no version %', shown.name, describe_template.number using errcode = 'TN404', detail = 'version';
    end if;
    return jsonb_build_object(
        'id', shown.id, 'name', shown.name, 'title', shown.title, 'description', shown.description, 'type', shown.type,
        'version', words.number, 'version_id', words.id, 'content', words.content, 'context', words.context, 'revision', shown.revision,
        'created_by', shown.created_by, 'created_at', shown.created_at, 'changed_at', words.created_at, 'archived_at', shown.archived_at,
        'used_by', jsonb_build_object(
            'sequences', (
                select coalesce(jsonb_agg(u.sequence order by u.sequence), '[]')
                from (
                    select distinct s.name as sequence
                    from tendril.template_versions v
                    join tendril.sequence_steps st on st.template_version_id = v.id
                    join tendril.sequences s on s.current_version_id = st.version_id
                    where v.template_id = shown.id and s.archived_at is null
                ) u),
            'campaigns', (
                select coalesce(jsonb_agg(to_jsonb(c) order by c.id), '[]') from tendril.campaigns_with_template(shown.id) c)));
end;
$$;
