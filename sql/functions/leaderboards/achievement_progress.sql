-- How far a user is on the way to what they have not earned yet and what can be counted: {"name": {"have": …, "need": …}}. Changes
-- nothing.
create or replace function tendril.achievement_progress(user_id uuid)
returns jsonb
language plpgsql stable
set search_path = ''
as $$
#variable_conflict use_column
declare
    expressions text;
    progress jsonb;
begin
    select string_agg(format('(%L, least(%s, %s), %s)', a.name, m.expression, m.need, m.need), ', ') into expressions
    from tendril.achievements a cross join lateral tendril.achievement_measure(a.filter) m
    where a.is_offered and not exists (
        select from tendril.achievements_earned e where e.user_id = achievement_progress.user_id and e.achievement = a.name);
    if expressions is null then
        return '{}';
    end if;
    execute format(
        'select jsonb_object_agg(p.name, jsonb_build_object(''have'', p.have, ''need'', p.need))'
        ' from tendril.users u cross join lateral (values %s) as p (name, have, need) where u.id = $1', expressions)
    into progress using achievement_progress.user_id;
    return coalesce(progress, '{}');
end;
$$;
