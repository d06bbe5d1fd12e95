-- Says where a user is on a board: their rank, how many XP the next one has more, how many people have less, and who is around them;
-- who has earned nothing has no rank yet. Changes nothing.
create or replace function tendril.place_on_board(period text, since date, user_id uuid)
returns jsonb
language plpgsql stable
set search_path = ''
set plan_cache_mode = 'force_generic_plan'
set random_page_cost = 1.1
-- Plans are made while the tables are still empty, and then kept.
set enable_seqscan = off
as $$
#variable_conflict use_column
declare
    mine int := coalesce((
        select s.xp from tendril.standings s
        where s.user_id = place_on_board.user_id and s.period = place_on_board.period and s.since = place_on_board.since), 0);
    next_xp int := (
        select s.xp from tendril.standings s
        where s.period = place_on_board.period and s.since = place_on_board.since and s.is_listed and s.xp > 0 and s.xp > mine
        order by s.xp limit 1);
begin
    return jsonb_build_object(
        'rank', case when mine > 0 then tendril.rank_of(place_on_board.period, place_on_board.since, mine) end,
        'xp', mine,
        'is_listed', tendril.is_on_leaderboards(place_on_board.user_id),
        'behind_next', next_xp - mine,
        'ahead_of', case when mine > 0
            then tendril.rank_of(place_on_board.period, place_on_board.since, 0)
                - tendril.rank_of(place_on_board.period, place_on_board.since, mine - 1)
            else 0 end,
        'neighbors', case when mine > 0
            then tendril.neighbors_on_board(place_on_board.period, place_on_board.since, place_on_board.user_id, mine) else '[]' end);
end;
$$;
