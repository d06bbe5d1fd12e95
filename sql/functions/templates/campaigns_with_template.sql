-- The campaigns whose messages have the words of a template, with the words of which version their sequence was published.
create or replace function tendril.campaigns_with_template(template_id bigint)
returns table (id bigint, name text, title text, status text)
language sql
stable
set search_path = ''
as $$
    select c.id, c.name, c.title, c.status
    from tendril.campaigns c
    where exists (
            select
            from tendril.sequences s
            join tendril.sequence_steps st on st.version_id = s.current_version_id
            join tendril.template_versions v on v.id = st.template_version_id
            where s.name = c.sequence and v.template_id = campaigns_with_template.template_id)
        or exists (
            select
            from jsonb_array_elements(c.steps) step
            join tendril.templates t on t.name = step ->> 'template'
            where t.id = campaigns_with_template.template_id)
    order by c.id;
$$;
