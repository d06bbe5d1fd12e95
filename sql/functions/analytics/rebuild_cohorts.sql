-- Counts anew who was active in which week, and appends by how many what is told differs, so that nobody waits. The days on which people were
-- active are counted again by those who do so anyway.
create or replace function tendril.rebuild_cohorts()
returns void
language plpgsql
set search_path = ''
set work_mem = '64MB'
as $$
#variable_conflict use_column
begin
    insert into tendril.cohort_counts (signed_up_in, week, people, is_sum)
    select w.signed_up_in, w.week, sum(w.people), true
    from (
        select a.signed_up_in, a.week, count(*) as people from tendril.active_weeks a group by 1, 2
        union all
        select c.signed_up_in, c.week, -c.people from tendril.cohort_counts c
    ) w
    group by 1, 2
    having sum(w.people) <> 0;
    -- As in count_active_people: whoever is deleted meanwhile is either in all that is counted or in nothing of it.
    lock table tendril.active_counts in share row exclusive mode;
    delete from tendril.active_counts c using tendril.activity_state s where c.since >= s.forgotten_before;
end;
$$;
