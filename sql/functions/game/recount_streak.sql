-- Goes on counting a user's streak from where it is settled, or a stale one from its first day, up to the day before `today`: says
-- the streak and which days its freezes saved; changes nothing.
create or replace function tendril.recount_streak(streak tendril.streaks, today date, out counted tendril.streaks, out frozen date[])
language plpgsql stable
set search_path = ''
as $$
#variable_conflict use_column
declare
    rules tendril.streak_rules := (select r from tendril.streak_rules r);
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
    end if;
    select
        coalesce(array_agg(m.day order by m.day, m.kind), '{}'), coalesce(array_agg(m.kind order by m.day, m.kind), '{}'),
        coalesce(array_agg(m.freezes order by m.day, m.kind), '{}')
    into marked, kinds, given
    from (
        select d.day, d.kind, 0 as freezes from tendril.streak_days d
        where d.user_id = counted.user_id and d.kind <> 'frozen' and d.day > coalesce(counted.settled, '-infinity')
        union all
        -- whoever writes one makes the streak stale
        select g.day, 'given', g.freezes from tendril.streak_gifts g
        where g.user_id = counted.user_id and (recount_streak.streak).is_stale
    ) m;
    select c.counted, c.frozen into result
    from tendril.count_streak(counted, marked, kinds, given, recount_streak.today - 1, rules) c;
    counted := result.counted;
    frozen := result.frozen;
end;
$$;
