-- Trigger: appends by how many the people changed who were active in each week, by the week in which they signed up.
create or replace function tendril.count_active_weeks()
returns trigger
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
begin
    if tg_op = 'INSERT' then
        insert into tendril.cohort_counts (signed_up_in, week, people)
        select a.signed_up_in, a.week, count(*) from now a group by 1, 2;
    else
        insert into tendril.cohort_counts (signed_up_in, week, people)
        select a.signed_up_in, a.week, -count(*) from was a group by 1, 2;
    end if;
    return null;
end;
$$;
