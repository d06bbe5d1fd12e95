-- Gives what a user earned, and the days of their streak, to another: what both were given under the same key counts once, and the
-- sums are made anew from the ledger.
create or replace function tendril.merge_game(from_user uuid, into_user uuid, at timestamptz default tendril.clock())
returns void
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    level int := coalesce((select t.level from tendril.xp_totals t where t.user_id = merge_game.into_user), 1);
begin
    update tendril.xp_ledger l set user_id = merge_game.into_user
    where l.user_id = merge_game.from_user and not exists (
        select from tendril.xp_ledger kept where kept.user_id = merge_game.into_user and kept.award_key = l.award_key);
    perform tendril.recount_xp(merge_game.into_user, merge_game.at);

    insert into tendril.streak_gifts (user_id, level, day, freezes)
    select merge_game.into_user, g.level, g.day, g.freezes from tendril.streak_gifts g where g.user_id = merge_game.from_user
    on conflict (user_id, level) do nothing;
    insert into tendril.streak_days as d (user_id, day, kind, acts)
    select merge_game.into_user, t.day, t.kind, t.acts from tendril.streak_days t where t.user_id = merge_game.from_user and t.kind <> 'frozen'
    on conflict (user_id, day) do update
    set acts = d.acts + excluded.acts,
        kind = case when d.acts + excluded.acts > 0 then 'active' when d.kind = 'frozen' then excluded.kind else d.kind end;
    insert into tendril.streaks as s (user_id, freezes, last_act_at, due_at, is_stale)
    select merge_game.into_user, t.freezes, t.last_act_at, t.due_at, true from tendril.streaks t where t.user_id = merge_game.from_user
    on conflict (user_id) do update set last_act_at = greatest(s.last_act_at, excluded.last_act_at), is_stale = true;
    perform tendril.settle_streaks(array[merge_game.into_user], merge_game.at);
    perform tendril.reward_levels(
        jsonb_build_array(jsonb_build_object('user_id', merge_game.into_user, 'from', level)), merge_game.at);
end;
$$;
