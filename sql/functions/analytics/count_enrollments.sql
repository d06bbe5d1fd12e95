-- Trigger: appends by how many a statement changed the enrollments that stand in each place.
create or replace function tendril.count_enrollments()
returns trigger
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
begin
    if tg_op = 'INSERT' then
        insert into tendril.enrollment_counts (enrolled_on, version_id, campaign_id, experiment_id, variant, status, reason, step, people)
        select (e.enrolled_at at time zone 'UTC')::date, e.version_id, e.campaign_id, e.experiment_id, e.variant, e.status, e.status_reason, e.current_step, count(*)
        from now e
        group by 1, 2, 3, 4, 5, 6, 7, 8;
    elsif tg_op = 'DELETE' then
        insert into tendril.enrollment_counts (enrolled_on, version_id, campaign_id, experiment_id, variant, status, reason, step, people)
        select (e.enrolled_at at time zone 'UTC')::date, e.version_id, e.campaign_id, e.experiment_id, e.variant, e.status, e.status_reason, e.current_step, -count(*)
        from was e
        group by 1, 2, 3, 4, 5, 6, 7, 8;
    else
        insert into tendril.enrollment_counts (enrolled_on, version_id, campaign_id, experiment_id, variant, status, reason, step, people)
        select (e.enrolled_at at time zone 'UTC')::date, e.version_id, e.campaign_id, e.experiment_id, e.variant, e.status, e.status_reason, e.current_step, sum(e.sign)
        from (select n.*, 1 as sign from now n union all select w.*, -1 from was w) e
        group by 1, 2, 3, 4, 5, 6, 7, 8
        having sum(e.sign) <> 0;
    end if;
    return null;
end;
$$;
