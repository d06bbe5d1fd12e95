-- Lists the first of a board with their ranks, which those with as many XP share, how many people are on it, and where a user is;
-- changes nothing.
create or replace function tendril.board(period text, since date, user_id uuid, limit_to int)
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
    return jsonb_build_object(
        'people', tendril.rank_of(board.period, board.since, 0) - 1,
        'items', (
            select coalesce(jsonb_agg(jsonb_build_object('rank', f.rank, 'user_id', f.user_id, 'name', tendril.called(u), 'xp', f.xp)
                order by f.place), '[]')
            from (
                select s.user_id, s.xp, rank() over (order by s.xp desc) as rank,
                    row_number() over (order by s.xp desc, s.user_id desc) as place
                from (
                    select s.user_id, s.xp from tendril.standings s
                    where s.period = board.period and s.since = board.since and s.is_listed and s.xp > 0
                    order by s.xp desc, s.user_id desc limit board.limit_to
                ) s
            ) f join tendril.users u on u.id = f.user_id),
        'you', case when board.user_id is not null then tendril.place_on_board(board.period, board.since, board.user_id) end);
end;
$$;
