-- Gives a user's leagues and achievements to another who has none of that week or by that name; their standings follow the XP.
create or replace function tendril.merge_standings(from_user uuid, into_user uuid)
returns void
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
begin
    update tendril.league_members m set user_id = merge_standings.into_user
    where m.user_id = merge_standings.from_user and not exists (
        select from tendril.league_members kept where kept.user_id = merge_standings.into_user and kept.week = m.week);
    insert into tendril.achievements_earned (user_id, achievement, earned_at)
    select merge_standings.into_user, e.achievement, e.earned_at
    from tendril.achievements_earned e where e.user_id = merge_standings.from_user
    on conflict (user_id, achievement) do update set earned_at = least(achievements_earned.earned_at, excluded.earned_at);
    perform tendril.list_on_leaderboards(merge_standings.into_user);
end;
$$;
