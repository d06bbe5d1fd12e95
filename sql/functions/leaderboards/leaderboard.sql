-- Shows a leaderboard: the first of the day, of the week, of all time, or of a pod's week, and where a user is among them. A user's
-- calendar says which day and week it is, without one UTC. Whoever opted out is on no board, and finds their own place all the same.
-- Changes nothing.
create or replace function tendril.leaderboard(
    period text default 'weekly', user_id uuid default null, pod_id bigint default null, limit_to int default 10,
    at timestamptz default tendril.clock()
)
returns jsonb
language plpgsql stable
set search_path = ''
as $$
#variable_conflict use_column
declare
    zone text := 'UTC';
    since date;
    board jsonb;
begin
    if leaderboard.period not in ('daily', 'weekly', 'all_time', 'pod') then
        raise exception 'there is no leaderboard "%"', leaderboard.period using errcode = 'TN422', detail = 'period',
            hint = 'Use daily, weekly, all_time or pod.';
    elsif leaderboard.user_id is not null then
        select u.timezone into zone from tendril.users u where u.id = leaderboard.user_id and u.deleted_at is null;
        if not found then
            raise exception 'no user %', leaderboard.user_id using errcode = 'TN404', detail = 'user';
        end if;
    end if;
    since := tendril.board_day(case leaderboard.period when 'pod' then 'weekly' else leaderboard.period end, zone, leaderboard.at);
    board := case leaderboard.period
        when 'pod' then tendril.pod_board(leaderboard.pod_id, leaderboard.user_id, since, leaderboard.limit_to)
        else tendril.board(leaderboard.period, since, leaderboard.user_id, leaderboard.limit_to) end;
    return board || jsonb_build_object(
        'period', leaderboard.period,
        'from', case when leaderboard.period <> 'all_time' then since end,
        'to', case leaderboard.period when 'daily' then since when 'all_time' then null else since + 6 end);
end;
$$;
