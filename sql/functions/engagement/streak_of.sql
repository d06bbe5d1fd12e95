-- Says how a user's streak stands on their calendar today: the days in a row on which they did something that keeps it, the longest,
-- the freezes that are left, and whether today counts already; changes nothing.
create or replace function tendril.streak_of(user_id uuid, at timestamptz default tendril.clock())
returns jsonb
language sql stable
set search_path = ''
as $$
    select jsonb_build_object(
        'days', coalesce((c.counted).days, 0), 'longest', coalesce((c.counted).longest, 0),
        'freezes', coalesce((c.counted).freezes, r.freezes, 0), 'kept_today', coalesce((c.counted).days > 0 and (c.counted).settled >= t.today, false))
    from (select) nobody
    left join tendril.users u on u.id = streak_of.user_id
    left join tendril.streak_rules r on true
    left join tendril.streaks s on s.user_id = u.id
    cross join lateral (select (streak_of.at at time zone u.timezone)::date as today) t
    left join lateral tendril.recount_streak(s, r, t.today) c on s.user_id is not null;
$$;
