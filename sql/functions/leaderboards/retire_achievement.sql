-- Offers an achievement no longer, not even when the file has it; those who earned it keep it.
create or replace function tendril.retire_achievement(name text, source text)
returns void
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
begin
    update tendril.achievements a set is_offered = false, created_by = retire_achievement.source
    where a.name = retire_achievement.name and a.is_offered;
    if not found then
        raise exception 'no achievement "%"', retire_achievement.name using errcode = 'TN404', detail = 'name';
    end if;
end;
$$;
