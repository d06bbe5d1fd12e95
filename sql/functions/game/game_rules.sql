-- Gives the game's rules as they are in force, in the form in which they are configured; changes nothing.
create or replace function tendril.game_rules()
returns jsonb
language sql stable
set search_path = ''
as $$
    select jsonb_build_object(
        'actions', (select coalesce(jsonb_agg(to_jsonb(a) order by a.action collate "C"), '[]') from tendril.xp_actions a),
        'levels', (select coalesce(jsonb_agg(to_jsonb(l) order by l.number), '[]') from tendril.xp_levels l),
        'streak', (select to_jsonb(r) - 'only_row' from tendril.streak_rules r));
$$;
