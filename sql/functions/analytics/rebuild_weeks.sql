-- Notes who did anything on these days and is not noted as active in their weeks.
create or replace function tendril.rebuild_weeks(since date, until date)
returns void
language sql
set search_path = ''
set work_mem = '64MB'
as $$
    insert into tendril.active_weeks (user_id, week, signed_up_in)
    select w.user_id, w.week, date_trunc('week', u.created_at at time zone 'UTC')::date
    from (
        select distinct b.user_id, date_trunc('week', b.occurred_at at time zone 'UTC')::date as week
        from tendril.behavior_events b
        where b.source <> 'clock' and b.occurred_at >= rebuild_weeks.since::timestamp at time zone 'UTC'
            and b.occurred_at < (rebuild_weeks.until + 1)::timestamp at time zone 'UTC'
    ) w
    join tendril.users u on u.id = w.user_id
    where not exists (select from tendril.active_weeks a where a.user_id = w.user_id and a.week = w.week)
    order by 1, 2
    on conflict (user_id, week) do nothing;
$$;
