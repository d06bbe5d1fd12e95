-- Tells somebody's game, and what the days of the last weeks were to their streak, Monday to Sunday on their calendar: active, frozen,
-- repaired, carried, or null; changes nothing.
create or replace function tendril.streak_calendar(user_id uuid, weeks int default 6, at timestamptz default tendril.clock())
returns jsonb
language sql stable
set search_path = ''
as $$
    select jsonb_build_object(
        'game', tendril.describe_game(u.id, streak_calendar.at), 'today', t.today,
        'days', (
            select jsonb_agg(jsonb_build_object('day', w.day::date, 'kind', d.kind) order by w.day)
            from generate_series(t.monday - 7 * (streak_calendar.weeks - 1), t.monday + 6, interval '1 day') as w (day)
            left join tendril.streak_days d on d.user_id = u.id and d.day = w.day::date))
    from tendril.users u
    cross join lateral (select (streak_calendar.at at time zone u.timezone)::date as today) l
    cross join lateral (select l.today, date_trunc('week', l.today)::date as monday) t
    where u.id = streak_calendar.user_id;
$$;
