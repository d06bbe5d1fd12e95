-- Sums up what was appended to the counts of boards since the last time, and lets go of so many standings of days and weeks that
-- nobody asks for any longer; says whether there is more of them.
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
        select old.ctid from tendril.standings old
        where old.period = 'daily' and old.since < tendril.oldest_standing('daily', fold_standings.at)
            or old.period = 'weekly' and old.since < tendril.oldest_standing('weekly', fold_standings.at)
        limit fold_standings.batch for update skip locked));
    get diagnostics forgotten = row_count;
    with fresh as materialized (
        select distinct c.period, c.since, c.shift, c.bucket from tendril.standing_counts c where not c.is_sum
    ), taken as (
        delete from tendril.standing_counts c using fresh f
        where c.period = f.period and c.since = f.since and c.shift = f.shift and c.bucket = f.bucket
        returning c.*
    )
    insert into tendril.standing_counts (period, since, shift, bucket, people, is_sum)
    select t.period, t.since, t.shift, t.bucket, sum(t.people), true from taken t
    group by 1, 2, 3, 4
    having sum(t.people) <> 0;
    return forgotten = fold_standings.batch;
end;
$$;
