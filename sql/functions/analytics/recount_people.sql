-- Counts enrollments and active people anew; nobody changes either of them meanwhile.
create or replace function tendril.recount_people()
returns void
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
begin
    -- Counts are changes: one that is under way would be lost or told twice. Reading goes on.
    lock table tendril.enrollments, tendril.active_weeks, tendril.enrollment_counts, tendril.cohort_counts in share row exclusive mode;
    delete from tendril.enrollment_counts;
    insert into tendril.enrollment_counts (enrolled_on, version_id, campaign_id, experiment_id, variant, status, reason, step, people, is_sum)
    select (e.enrolled_at at time zone 'UTC')::date, e.version_id, e.campaign_id, e.experiment_id, e.variant, e.status, e.status_reason,
        e.current_step, count(*), true
    from tendril.enrollments e
    group by 1, 2, 3, 4, 5, 6, 7, 8;
    insert into tendril.active_weeks (user_id, week, signed_up_in)
    select distinct u.id, date_trunc('week', b.occurred_at at time zone 'UTC')::date, date_trunc('week', u.created_at at time zone 'UTC')::date
    from tendril.behavior_events b join tendril.users u on u.id = b.user_id
    where b.source <> 'clock'
    on conflict (user_id, week) do nothing;
    delete from tendril.cohort_counts;
    insert into tendril.cohort_counts (signed_up_in, week, people, is_sum)
    select a.signed_up_in, a.week, count(*), true from tendril.active_weeks a group by 1, 2;
end;
$$;
