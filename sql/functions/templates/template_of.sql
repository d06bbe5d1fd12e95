-- The template with this number; raises TN404 where there is none.
create or replace function tendril.template_of(template_id bigint)
returns tendril.templates
language plpgsql
stable
set search_path = ''
as $$
#variable_conflict use_column
declare
    found_one tendril.templates;
begin
    select t.* into found_one from tendril.templates t where t.id = template_of.template_id;
    if not found then
        raise exception 'no template %', template_of.template_id using errcode = 'TN404', detail = 'template';
    end if;
    return found_one;
end;
$$;
