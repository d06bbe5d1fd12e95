-- Trigger: notes the weeks in which people did what is recorded, and the hours of what is told late; what only the clock noticed is
-- nothing that they did.
create or replace function tendril.note_active_weeks()
returns trigger
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
begin
    with late as (
        -- Days are counted some time after they are over (count_active_people): nothing else can be missing in what was counted.
        insert into tendril.active_marks (hour)
        select distinct date_trunc('hour', b.occurred_at) from now b
        where tg_op = 'INSERT' and b.occurred_at < b.recorded_at - interval '1 hour' and b.source not in ('clock', 'admin')
    )
    insert into tendril.active_weeks (user_id, week, signed_up_in)
    -- by their keys, and not by a plan that was made for another number of people
    select w.user_id, w.week, (select date_trunc('week', u.created_at at time zone 'UTC')::date from tendril.users u where u.id = w.user_id)
    from (
        select distinct b.user_id, date_trunc('week', b.occurred_at at time zone 'UTC')::date as week from now b where b.source <> 'clock'
    ) w
    order by 1, 2
    on conflict (user_id, week) do nothing;
    return null;
end;
$$;
