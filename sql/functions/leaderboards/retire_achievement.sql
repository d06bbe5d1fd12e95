-- Offers an achievement that an admin made no longer; those who earned it keep it.
create or replace function tendril.retire_achievement(name text)
returns void
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
begin
    if exists (select from tendril.achievements a where a.name = retire_achievement.name and a.created_by is null) then
        raise exception 'the achievement "%" is one of the file', retire_achievement.name using errcode = 'TN409', detail = 'name',
            hint = 'Take it out of the file.';
    end if;
    update tendril.achievements a set is_offered = false where a.name = retire_achievement.name and a.is_offered;
    if not found then
        raise exception 'no achievement "%"', retire_achievement.name using errcode = 'TN404', detail = 'name';
    end if;
end;
$$;
