-- Lists the sequences that an admin can start for somebody by hand: those whose messages need nothing but the user; changes
-- nothing. `version_id` is a short name for one of them.
create or replace function tendril.list_triggerable()
returns table (name text, title text, version_id bigint)
language sql stable
set search_path = ''
as $$
    select s.name, s.title, s.current_version_id
    from tendril.sequences s join tendril.sequence_versions v on v.id = s.current_version_id
    where s.archived_at is null and not exists (
        select from jsonb_array_elements_text(coalesce(nullif(v.definition -> 'context', 'null'), '[]')) needed where needed not like '%?')
        -- The same message over both channels at once, which is for urgent risks only, reads the same and would stand here twice.
        and not (s.name like 'intervention\_%\_both' and exists (
            select from tendril.sequences plain where plain.name = left(s.name, -5)))
    order by s.name;
$$;
