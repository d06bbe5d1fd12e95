-- Lists who is around a user with so many XP on a board, so many before and after them, and the user between them; changes nothing.
create or replace function tendril.neighbors_on_board(period text, since date, user_id uuid, xp int, reach int default 2)
returns jsonb
language plpgsql stable
set search_path = ''
set plan_cache_mode = 'force_generic_plan'
set random_page_cost = 1.1
-- Plans are made while the tables are still empty, and then kept.
set enable_seqscan = off
as $$
#variable_conflict use_column
begin
    return (
        select jsonb_agg(jsonb_build_object(
            'rank', tendril.rank_of(neighbors_on_board.period, neighbors_on_board.since, n.xp), 'user_id', n.user_id,
            'name', tendril.called(u), 'xp', n.xp) order by n.xp desc, n.user_id desc)
        from (
            (select s.user_id, s.xp from tendril.standings s
            where s.period = neighbors_on_board.period and s.since = neighbors_on_board.since and s.is_listed and s.xp > 0
                and (s.xp, s.user_id) > (neighbors_on_board.xp, neighbors_on_board.user_id)
            order by s.xp, s.user_id limit neighbors_on_board.reach)
            union all
            (select s.user_id, s.xp from tendril.standings s
            where s.period = neighbors_on_board.period and s.since = neighbors_on_board.since and s.is_listed and s.xp > 0
                and (s.xp, s.user_id) < (neighbors_on_board.xp, neighbors_on_board.user_id)
            order by s.xp desc, s.user_id desc limit neighbors_on_board.reach)
            union all
            select neighbors_on_board.user_id, neighbors_on_board.xp
        ) n join tendril.users u on u.id = n.user_id);
end;
$$;
