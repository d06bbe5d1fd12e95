-- Says what it takes to repair the streak that a user lost last: how long it was, the first missed day that no freeze saved, until when
-- it can be repaired, and how much more has to be done today; null where there is nothing to repair; changes nothing.
create or replace function tendril.repair_of(user_id uuid, at timestamptz default tendril.clock())
returns jsonb
language sql stable
set search_path = ''
as $$
    select jsonb_build_object(
        'days', (c.counted).lost_days, 'missed', (c.counted).lost_on, 'until', p.until, 'today', t.today,
        'needs', greatest(r.repair_acts - coalesce((
            select d.acts from tendril.streak_days d where d.user_id = s.user_id and d.day = t.today), 0), 0))
    from tendril.streaks s
    join tendril.users u on u.id = s.user_id
    cross join tendril.streak_rules r
    cross join lateral (select (repair_of.at at time zone u.timezone)::date as today) t
    cross join lateral tendril.recount_streak(s, r, t.today) c
    cross join lateral (
        select tendril.instant((c.counted).lost_on + 1, u.timezone) + make_interval(hours => r.repair_hours) as until) p
    where s.user_id = repair_of.user_id and p.until > repair_of.at;
$$;
