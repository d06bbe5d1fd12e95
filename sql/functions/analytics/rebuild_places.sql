-- Counts enrollments anew, and appends by how many what is told differs. Nobody waits: each statement that changes enrollments appends what
-- it changed, so whatever is seen at one instant tells of both. These are sums already, which nobody has to sum up before they answer.
create or replace function tendril.rebuild_places()
returns void
language sql
set search_path = ''
set work_mem = '64MB'
as $$
    insert into tendril.enrollment_counts (enrolled_on, version_id, campaign_id, experiment_id, variant, status, reason, step, people, is_sum)
    select w.enrolled_on, w.version_id, w.campaign_id, w.experiment_id, w.variant, w.status, w.reason, w.step, sum(w.people), true
    from (
        select (e.enrolled_at at time zone 'UTC')::date as enrolled_on, e.version_id, e.campaign_id, e.experiment_id, e.variant, e.status,
            e.status_reason as reason, e.current_step as step, count(*) as people
        from tendril.enrollments e
        group by 1, 2, 3, 4, 5, 6, 7, 8
        union all
        select c.enrolled_on, c.version_id, c.campaign_id, c.experiment_id, c.variant, c.status, c.reason, c.step, -c.people
        from tendril.enrollment_counts c
    ) w
    group by 1, 2, 3, 4, 5, 6, 7, 8
    having sum(w.people) <> 0;
$$;
