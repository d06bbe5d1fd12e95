-- Goes on counting a user's streak from where it is settled, or a stale one from its first day, up to the day before `today`: says
-- the streak and which days its freezes saved; changes nothing.
create or replace function tendril.recount_streak(
    streak tendril.streaks, rules tendril.streak_rules, today date, out counted tendril.streaks, out frozen date[]
)
language plpgsql stable
set search_path = ''
as $$
#variable_conflict use_column
declare
    marked date[];
    kinds text[];
    given int[];
    result record;
begin
    counted := recount_streak.streak;
    if counted.is_stale then
        counted.days := 0;
        counted.longest := 0;
        counted.freezes := rules.freezes;
        counted.began := null;
        counted.last_day := null;
        counted.settled := null;
        counted.lost_days := null;
        counted.lost_on := null;
        counted.is_stale := false;
        select
            array_agg(m.day order by m.day, m.kind), array_agg(m.kind order by m.day, m.kind), array_agg(m.freezes order by m.day, m.kind)
        into marked, kinds, given
        from (
            select d.day, d.kind, 0 as freezes from tendril.streak_days d where d.user_id = counted.user_id and d.kind <> 'frozen'
            union all
            -- whoever writes one makes the streak stale
            select g.day, 'given', g.freezes from tendril.streak_gifts g where g.user_id = counted.user_id
        ) m;
    else
        select array_agg(d.day order by d.day), array_agg(d.kind order by d.day), array_agg(0)
        into marked, kinds, given
        from tendril.streak_days d where d.user_id = counted.user_id and d.day > counted.settled and d.kind <> 'frozen';
    end if;
    select c.counted, c.frozen into result
    from tendril.count_streak(counted, coalesce(marked, '{}'), kinds, given, recount_streak.today - 1, recount_streak.rules) c;
    counted := result.counted;
    frozen := result.frozen;
end;
$$;
