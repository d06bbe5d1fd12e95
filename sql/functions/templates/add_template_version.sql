-- Makes these words a template's current version; none comes about where they are those of the current one. Says whether one did.
create or replace function tendril.add_template_version(
    template_id bigint, content jsonb, context text[], author text, at timestamptz default tendril.clock()
)
returns boolean
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    fingerprint text := encode(sha256(convert_to(
        add_template_version.content::text || to_jsonb(add_template_version.context)::text, 'UTF8')), 'hex');
    latest tendril.template_versions;
    added bigint;
begin
    -- One change at a time, so that no two versions have a number.
    perform from tendril.templates t where t.id = add_template_version.template_id for update;
    select v.* into latest from tendril.template_versions v
    where v.template_id = add_template_version.template_id order by v.number desc limit 1;
    if latest.checksum = fingerprint then
        return false;
    end if;
    insert into tendril.template_versions (template_id, number, content, context, checksum, created_by, created_at)
    values (
        add_template_version.template_id, coalesce(latest.number, 0) + 1, add_template_version.content, add_template_version.context,
        fingerprint, add_template_version.author, add_template_version.at
    )
    returning id into added;
    update tendril.templates set current_version_id = added where id = add_template_version.template_id;
    return true;
end;
$$;
