-- Sums up what was appended to the counts of enrollments and of active people since the last time; no total changes by it.
create or replace function tendril.fold_counts()
returns void
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
begin
    with fresh as materialized (
        select distinct c.version_id, c.enrolled_on from tendril.enrollment_counts c where not c.is_sum
    ), taken as (
        delete from tendril.enrollment_counts c using fresh f
        where c.version_id = f.version_id and c.enrolled_on = f.enrolled_on
        returning c.*
    )
    insert into tendril.enrollment_counts (enrolled_on, version_id, campaign_id, experiment_id, variant, status, reason, step, people, is_sum)
    select t.enrolled_on, t.version_id, t.campaign_id, t.experiment_id, t.variant, t.status, t.reason, t.step, sum(t.people), true
    from taken t
    group by 1, 2, 3, 4, 5, 6, 7, 8
    having sum(t.people) <> 0;

    with fresh as materialized (
        select distinct c.signed_up_in, c.week from tendril.cohort_counts c where not c.is_sum
    ), taken as (
        delete from tendril.cohort_counts c using fresh f
        where c.signed_up_in = f.signed_up_in and c.week = f.week
        returning c.*
    )
    insert into tendril.cohort_counts (signed_up_in, week, people, is_sum)
    select t.signed_up_in, t.week, sum(t.people), true from taken t
    group by 1, 2
    having sum(t.people) <> 0;
end;
$$;
