-- Adds to the counts of boards what was appended since the last time, and lets go of so many standings of days and weeks that nobody
-- asks for any longer. Any number of processes may ask; says whether there is more to let go of.
create or replace function tendril.fold_standings(batch int default 5000, at timestamptz default tendril.clock())
returns boolean
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    forgotten int;
begin
    delete from tendril.standings s
    where s.ctid = any (array(
        select old.ctid from unnest(array['daily', 'weekly']) as p (period)
        cross join lateral (
            (select o.ctid from tendril.standings o
            where o.period = p.period and o.since < tendril.oldest_standing(p.period, fold_standings.at) and o.is_listed and o.xp > 0
            limit fold_standings.batch)
            union all
            (select o.ctid from tendril.standings o
            where o.period = p.period and o.since < tendril.oldest_standing(p.period, fold_standings.at) and not (o.is_listed and o.xp > 0)
            limit fold_standings.batch)
        ) old limit fold_standings.batch));
    get diagnostics forgotten = row_count;
    with taken as (
        delete from tendril.standing_changes returning period, since, shift, bucket, people
    )
    insert into tendril.standing_counts as c (period, since, shift, bucket, people)
    select t.period, t.since, t.shift, t.bucket, sum(t.people) from taken t
    group by 1, 2, 3, 4
    having sum(t.people) <> 0
    order by 1, 2, 3, 4
    on conflict (period, since, shift, bucket) do update set people = c.people + excluded.people;
    delete from tendril.standing_counts c
    where c.people = 0 and c.period <> 'all_time' and c.since < tendril.oldest_standing(c.period, fold_standings.at);
    return forgotten = fold_standings.batch;
end;
$$;
