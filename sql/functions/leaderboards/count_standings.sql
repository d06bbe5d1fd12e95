-- Trigger: counts those on a board at every grain, as they come, move and go.
create or replace function tendril.count_standings()
returns trigger
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
begin
    if tg_op = 'TRUNCATE' then
        delete from tendril.standing_counts;
        delete from tendril.standing_changes;
    elsif tg_op = 'INSERT' then
        insert into tendril.standing_changes (period, since, shift, bucket, people)
        select n.period, n.since, g.shift, n.xp >> g.shift, count(*) from now n cross join tendril.grains() g
        where n.is_listed and n.xp > 0 group by 1, 2, 3, 4;
    elsif tg_op = 'DELETE' then
        insert into tendril.standing_changes (period, since, shift, bucket, people)
        select w.period, w.since, g.shift, w.xp >> g.shift, -count(*) from was w cross join tendril.grains() g
        where w.is_listed and w.xp > 0 group by 1, 2, 3, 4;
    else
        insert into tendril.standing_changes (period, since, shift, bucket, people)
        select c.period, c.since, g.shift, c.xp >> g.shift, sum(c.people)
        from (
            select n.period, n.since, n.xp, 1 as people from now n where n.is_listed and n.xp > 0
            union all
            select w.period, w.since, w.xp, -1 from was w where w.is_listed and w.xp > 0
        ) c cross join tendril.grains() g
        group by 1, 2, 3, 4
        having sum(c.people) <> 0;
    end if;
    return null;
end;
$$;
