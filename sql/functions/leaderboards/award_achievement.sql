-- Gives an achievement to those of these users who meet its filter; gives those who had it not before.
create or replace function tendril.award_achievement(achievement tendril.achievements, users uuid[], at timestamptz default tendril.clock())
returns uuid[]
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    earned uuid[];
begin
    if cardinality(award_achievement.users) = 0 then
        return '{}';
    end if;
    execute format(
        'with earned as ('
        ' insert into tendril.achievements_earned (user_id, achievement, earned_at)'
        ' select u.id, $2, $3 from tendril.users u'
        -- no enrollment: what a filter asks of one never holds
        ' left join tendril.enrollments e on false'
        ' where u.id = any ($1) and u.deleted_at is null and %s order by u.id'
        ' on conflict (user_id, achievement) do nothing returning user_id'
        ') select coalesce(array_agg(user_id), ''{}'') from earned',
        tendril.compile_filter((award_achievement.achievement).filter)
    ) into earned using award_achievement.users, (award_achievement.achievement).name, award_achievement.at;
    return earned;
end;
$$;
