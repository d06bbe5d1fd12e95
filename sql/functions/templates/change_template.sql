-- Changes a template: its title, description or type, or its words, which makes a new version. Whoever says which revision they
-- mean changes no other one (TN409).
create or replace function tendril.change_template(
    template_id bigint, changes jsonb, author text, revision int default null, at timestamptz default tendril.clock()
)
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    before tendril.templates;
begin
    perform from tendril.templates t where t.id = change_template.template_id for update;
    before := tendril.template_of(change_template.template_id);
    if before.revision <> change_template.revision then
        raise exception 'somebody else has changed the template' using errcode = 'TN409', detail = 'revision';
    end if;
    if before.archived_at is not null then
        raise exception 'an archived template cannot be changed' using errcode = 'TN409', detail = 'template', hint = 'Restore it first.';
    end if;
    update tendril.templates t
    set title = coalesce(change_template.changes ->> 'title', t.title),
        description = coalesce(change_template.changes ->> 'description', t.description),
        type = coalesce(change_template.changes ->> 'type', t.type),
        revision = t.revision + 1
    where t.id = before.id;
    if change_template.changes ?| array['content', 'context'] then
        perform tendril.add_template_version(
            before.id, coalesce(change_template.changes -> 'content', v.content),
            case when change_template.changes ? 'context'
                then array(select jsonb_array_elements_text(change_template.changes -> 'context')) else v.context end,
            change_template.author, change_template.at)
        from tendril.template_versions v where v.id = before.current_version_id;
    end if;
    return tendril.describe_template(before.id);
end;
$$;
