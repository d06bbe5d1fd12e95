-- Adds what people did, each event once, to their days; what the clock noticed or an admin wrote down is nothing that they did.
create or replace function tendril.roll_up_behavior(behavior_events tendril.behavior_events[])
returns void
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
begin
    with rolled as (
        insert into tendril.behavior_days as d (user_id, day, type, events, first_at, last_at, half_hours, channels)
        select
            b.user_id, (b.occurred_at at time zone u.timezone)::date, b.type, count(*), min(b.occurred_at), max(b.occurred_at),
            bit_or(tendril.half_hour(b.occurred_at, u.timezone)), bit_or(tendril.channel_bit(b.source))
        from unnest(roll_up_behavior.behavior_events) b
        -- each by its key, whatever number of people the plan was made for
        cross join lateral (select w.timezone from tendril.users w where w.id = b.user_id offset 0) u
        where b.source not in ('clock', 'admin')
        group by 1, 2, 3
        order by 1, 2, 3
        on conflict (user_id, day, type) do update
        set events = d.events + excluded.events, first_at = least(d.first_at, excluded.first_at),
            last_at = greatest(d.last_at, excluded.last_at), half_hours = d.half_hours | excluded.half_hours,
            channels = d.channels | excluded.channels
        returning day
    )
    insert into tendril.activity_marks (day) select distinct r.day from rolled r;
end;
$$;
