-- Tells what somebody's card shows: their game, where they are this week, and their achievements; changes nothing.
create or replace function tendril.describe_card(user_id uuid, at timestamptz default tendril.clock())
returns jsonb
language sql stable
set search_path = ''
as $$
    select jsonb_build_object(
        'game', tendril.describe_game(describe_card.user_id, describe_card.at),
        'board', tendril.leaderboard('weekly', describe_card.user_id, limit_to => 1, at => describe_card.at),
        'achievements', tendril.list_achievements(describe_card.user_id, describe_card.at));
$$;
