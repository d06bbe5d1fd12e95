-- Tells how a user stands in the game: XP in all, today and this week (from Monday), the level and how far the next one is, and the
-- streak with its last seven days, what puts it in danger, and what would repair it; changes nothing.
create or replace function tendril.describe_game(user_id uuid, at timestamptz default tendril.clock())
returns jsonb
language plpgsql stable
set search_path = ''
as $$
#variable_conflict use_column
declare
    who tendril.users := (select u from tendril.users u where u.id = describe_game.user_id);
    today date := (describe_game.at at time zone who.timezone)::date;
    total int := coalesce((select t.xp from tendril.xp_totals t where t.user_id = who.id), 0);
    streak jsonb := tendril.streak_of(who.id, describe_game.at);
begin
    if who.id is null then
        raise exception 'no user %', describe_game.user_id using errcode = 'TN404', detail = 'user';
    end if;
    return jsonb_build_object(
        'user_id', who.id,
        'xp', (
            select jsonb_build_object(
                'total', total, 'today', coalesce(sum(d.xp) filter (where d.day = today), 0),
                'week', coalesce(sum(d.xp) filter (where d.day >= date_trunc('week', today)::date), 0))
            from tendril.xp_days d where d.user_id = who.id and d.day between date_trunc('week', today)::date and today),
        'level', (
            select jsonb_build_object(
                'number', l.number, 'name', tendril.level_name(l, who.locale), 'reward', l.reward, 'begins_at', l.xp,
                'next_at', n.xp, 'next_name', tendril.level_name(n, who.locale), 'next_reward', n.reward)
            from tendril.xp_levels l left join tendril.xp_levels n on n.number = l.number + 1
            where l.number = tendril.level_of(total)),
        'streak', streak || jsonb_build_object(
            'most_freezes', (select r.freezes from tendril.streak_rules r),
            -- the midnight after which it is lost, or a freeze goes
            'in_danger_at', case when (streak ->> 'days')::int > 0 and not (streak ->> 'kept_today')::boolean
                then tendril.instant(today + 1, who.timezone) end,
            'next_milestone', (
                select min(m) from tendril.streak_rules r cross join unnest(r.milestones) as m where m > (streak ->> 'days')::int),
            'repair', tendril.repair_of(who.id, describe_game.at) - '{missed,today}'::text[],
            'week', (
                select jsonb_agg(jsonb_build_object('day', w.day, 'kind', d.kind) order by w.day)
                from (select today - n as day from generate_series(0, 6) as n) w
                left join tendril.streak_days d on d.user_id = who.id and d.day = w.day)));
end;
$$;
