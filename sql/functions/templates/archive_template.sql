-- Puts a template away: no new step can take its words, what was published keeps them. One that a campaign under way uses stays.
create or replace function tendril.archive_template(template_id bigint, at timestamptz default tendril.clock())
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    archived tendril.templates;
    busy text;
begin
    perform from tendril.templates t where t.id = archive_template.template_id for update;
    archived := tendril.template_of(archive_template.template_id);
    select string_agg(c.name, ', ') into busy
    from tendril.campaigns_with_template(archived.id) c where c.status in ('active', 'paused');
    if busy is not null then
        raise exception 'the template % is in use by: %', archived.name, busy using errcode = 'TN409', detail = 'template',
            hint = 'End or cancel these campaigns first.';
    end if;
    update tendril.templates t
    set archived_at = archive_template.at, revision = t.revision + 1
    where t.id = archived.id and t.archived_at is null;
    return tendril.describe_template(archived.id);
end;
$$;
