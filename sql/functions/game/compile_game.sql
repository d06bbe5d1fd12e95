-- Says where a filter finds what the game knows of the user `u`, as SQL: xp.total, xp.level, xp.today, xp.week, or the streak's days,
-- longest, freezes, kept_today; null for anything else; changes nothing.
create or replace function tendril.compile_game(subject text, name text)
returns text
language sql immutable
set search_path = ''
as $$
    select case
        when known.total is not null then
            format('(select to_jsonb(coalesce(max(%s), %s)) from tendril.xp_totals t where t.user_id = u.id)', known.total, known.nothing)
        when known.days is not null then
            format('(select to_jsonb(coalesce(sum(d.xp), 0)) from tendril.xp_days d where d.user_id = u.id'
                ' and d.day <= ((select tendril.clock()) at time zone u.timezone)::date'
                ' and d.day >= date_trunc(%L, (select tendril.clock()) at time zone u.timezone)::date)', known.days)
        when known.streak is not null then
            -- What was settled holds until a day is over.
            format('coalesce((select case when not s.is_stale and coalesce(s.due_at > (select tendril.clock()), true) then to_jsonb(%s)'
                ' else tendril.streak_of(u.id) -> %L end from tendril.streaks s where s.user_id = u.id), %s)',
                known.streak, compile_game.name, known.nothing)
        end
    from (values
        ('xp', 'total', 't.xp', null, null, '0'),
        ('xp', 'level', 't.level', null, null, '1'),
        ('xp', 'today', null, 'day', null, null),
        ('xp', 'week', null, 'week', null, null),
        ('streak', 'days', null, null, 's.days', 'to_jsonb(0)'),
        ('streak', 'longest', null, null, 's.longest', 'to_jsonb(0)'),
        ('streak', 'freezes', null, null, 's.freezes', '(select to_jsonb(r.freezes) from tendril.streak_rules r)'),
        ('streak', 'kept_today', null, null, 's.days > 0 and s.settled >= ((select tendril.clock()) at time zone u.timezone)::date', 'to_jsonb(false)')
    ) as known (subject, name, total, days, streak, nothing)
    where known.subject = compile_game.subject and known.name = compile_game.name;
$$;
