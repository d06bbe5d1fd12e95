-- Counts, newest first, how many people were active on so many days that are over and have not been counted since something was told
-- of them; in UTC and in the time zones of whoever has a role. Says how many it counted.
create or replace function tendril.count_active_people(batch int default 31, at timestamptz default tendril.clock())
returns int
language plpgsql
set search_path = ''
set work_mem = '64MB'
set jit = off
as $$
#variable_conflict use_column
declare
    forgotten_before timestamptz := (select s.forgotten_before from tendril.activity_state s);
    hours timestamptz[];
    counted int;
begin
    -- Whoever is deleted or merged meanwhile changes counts (uncount_active), and is either in all that follows or in nothing of it.
    lock table tendril.active_counts in share row exclusive mode;
    with gone as (
        delete from tendril.active_marks m returning m.hour
    )
    select array_agg(distinct g.hour) into hours from gone g;
    delete from tendril.active_counts c using unnest(hours) h
    where c.since < h + interval '1 hour' and c.until > h and c.since >= forgotten_before;
    delete from tendril.active_counts c where c.since < count_active_people.at - interval '400 days';

    with spans as (
        select s.since, s.until
        from (
            select 'UTC' as zone union select u.timezone from tendril.users u where u.roles <> '{}'
        ) z
        cross join lateral tendril.spans_of_days(366, z.zone, count_active_people.at) s
        -- What is told within an hour leaves no mark (note_active_weeks).
        where s.until <= count_active_people.at - interval '2 hours' and s.since >= forgotten_before
        group by 1, 2
    )
    insert into tendril.active_counts (since, until, people)
    select s.since, s.until, tendril.people_active(s.since, s.until)
    from spans s
    where not exists (select from tendril.active_counts c where c.since = s.since and c.until = s.until)
    order by s.since desc, s.until desc
    limit count_active_people.batch;
    get diagnostics counted = row_count;

    with several as (
        delete from tendril.active_counts c using (
            select k.since, k.until from tendril.active_counts k group by 1, 2 having count(*) > 1
        ) k
        where c.since = k.since and c.until = k.until
        returning c.since, c.until, c.people
    )
    insert into tendril.active_counts (since, until, people)
    select s.since, s.until, sum(s.people) from several s group by 1, 2;
    return counted;
end;
$$;
