-- Lists the achievements that there are to earn and that a user has, in the user's language: when it was earned, and where it can be
-- counted, how far they are. Without a user, how many have earned each. Changes nothing.
create or replace function tendril.list_achievements(user_id uuid default null, at timestamptz default tendril.clock())
returns jsonb
language plpgsql stable
set search_path = ''
as $$
#variable_conflict use_column
declare
    person tendril.users;
    progress jsonb;
begin
    if list_achievements.user_id is null then
        return (
            select coalesce(jsonb_agg(jsonb_build_object(
                'name', a.name, 'title', a.title, 'description', a.description, 'icon', a.icon, 'filter', a.filter, 'quiet', a.is_quiet,
                'created_by', a.created_by, 'earned', (
                    select count(*) from tendril.achievements_earned e where e.achievement = a.name)) order by a.position, a.name), '[]')
            from tendril.achievements a where a.is_offered);
    end if;
    select u.* into person from tendril.users u where u.id = list_achievements.user_id and u.deleted_at is null;
    if not found then
        raise exception 'no user %', list_achievements.user_id using errcode = 'TN404', detail = 'user';
    end if;
    progress := tendril.achievement_progress(person.id);
    return (
        select coalesce(jsonb_agg(jsonb_build_object(
            'name', a.name, 'title', tendril.in_language(a.title, person.locale),
            'description', tendril.in_language(a.description, person.locale), 'icon', a.icon, 'earned_at', e.earned_at,
            'progress', progress -> a.name) order by a.position, a.name), '[]')
        from tendril.achievements a
        left join tendril.achievements_earned e on e.achievement = a.name and e.user_id = person.id
        where a.is_offered or e.earned_at is not null);
end;
$$;
