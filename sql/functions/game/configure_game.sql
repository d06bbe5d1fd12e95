-- Puts the game's rules into force: actions, levels, and what holds for streaks. Levels and streaks follow where rules differ from
-- before; XP that was earned stays what it was. Says whether anything changed.
create or replace function tendril.configure_game(rules jsonb)
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    streak tendril.streak_rules := jsonb_populate_record(null::tendril.streak_rules, configure_game.rules -> 'streak');
    before jsonb;
begin
    -- Processes that start at once take turns.
    lock table tendril.xp_actions, tendril.xp_levels, tendril.streak_rules in share row exclusive mode;
    before := tendril.game_rules();
    if before = configure_game.rules then
        return jsonb_build_object('changed', false);
    end if;
    streak.only_row := true;
    delete from tendril.xp_actions;
    insert into tendril.xp_actions
    select * from jsonb_populate_recordset(null::tendril.xp_actions, configure_game.rules -> 'actions');
    delete from tendril.xp_levels;
    insert into tendril.xp_levels
    select * from jsonb_populate_recordset(null::tendril.xp_levels, configure_game.rules -> 'levels');
    delete from tendril.streak_rules;
    insert into tendril.streak_rules select streak.*;

    if before -> 'levels' is distinct from configure_game.rules -> 'levels' then
        update tendril.xp_totals t set level = tendril.level_of(t.xp) where t.level <> tendril.level_of(t.xp);
    end if;
    if before -> 'streak' is distinct from configure_game.rules -> 'streak' then
        update tendril.streaks s set is_stale = true, due_at = '-infinity' where not s.is_stale;
    end if;
    return jsonb_build_object('changed', true);
end;
$$;
