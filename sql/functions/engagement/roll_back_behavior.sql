-- Takes what turned out not to have happened, and is deleted, out of people's days, and says anew when they were active last. The caller
-- has locked the users.
create or replace function tendril.roll_back_behavior(behavior_events tendril.behavior_events[])
returns void
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
begin
    with days as (
        -- the day on which it was counted, wherever the user is now
        select d.user_id, d.day, d.type, count(*) as events
        from unnest(roll_back_behavior.behavior_events) b
        cross join lateral (
            select d.user_id, d.day, d.type from tendril.behavior_days d
            where d.user_id = b.user_id and d.type = b.type and b.occurred_at between d.first_at and d.last_at
                and d.day between (b.occurred_at at time zone 'UTC')::date - 1 and (b.occurred_at at time zone 'UTC')::date + 1
            order by d.day limit 1
        ) d
        where b.source not in ('clock', 'admin')
        group by 1, 2, 3
    ), rest as (
        select
            d.user_id, d.day, d.type, d.events - t.events as events, r.events as known, r.first_at, r.last_at, r.half_hours, r.channels
        from days t
        join tendril.behavior_days d on d.user_id = t.user_id and d.day = t.day and d.type = t.type
        join tendril.users u on u.id = t.user_id
        cross join lateral (
            select
                count(*) as events, min(b.occurred_at) as first_at, max(b.occurred_at) as last_at,
                bit_or(tendril.half_hour(b.occurred_at, u.timezone)) as half_hours, bit_or(tendril.channel_bit(b.source)) as channels
            from tendril.behavior_events b
            where b.user_id = d.user_id and b.type = d.type and b.occurred_at between d.first_at and d.last_at and b.source not in ('clock', 'admin')
        ) r
    ), emptied as (
        delete from tendril.behavior_days d using rest r
        where d.user_id = r.user_id and d.day = r.day and d.type = r.type and r.events <= 0
    ), lowered as (
        update tendril.behavior_days d
        set events = r.events,
            -- Of a day whose events are not all kept nobody knows when the others were.
            first_at = case when r.known >= r.events then r.first_at else d.first_at end,
            last_at = case when r.known >= r.events then r.last_at else d.last_at end,
            half_hours = case when r.known >= r.events then r.half_hours else d.half_hours end,
            channels = case when r.known >= r.events then r.channels else d.channels end
        from rest r
        where d.user_id = r.user_id and d.day = r.day and d.type = r.type and r.events > 0
    ), scored as (
        insert into tendril.score_marks (user_id) select distinct r.user_id from rest r order by 1
    )
    insert into tendril.activity_marks (day) select distinct r.day from rest r;

    update tendril.users u set last_active_at = (select max(d.last_at) from tendril.behavior_days d where d.user_id = u.id)
    from (
        select b.user_id, max(b.occurred_at) as latest from unnest(roll_back_behavior.behavior_events) b
        where b.source not in ('clock', 'admin') group by 1
    ) t
    where u.id = t.user_id and u.last_active_at <= t.latest;
end;
$$;
