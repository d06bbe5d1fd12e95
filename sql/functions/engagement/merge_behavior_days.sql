-- Gives a user's days to another; where both did the same on a day, it becomes one.
create or replace function tendril.merge_behavior_days(from_user uuid, into_user uuid)
returns void
language sql
set search_path = ''
as $$
    with theirs as (
        delete from tendril.behavior_days d where d.user_id = merge_behavior_days.from_user
        returning d.day, d.type, d.events, d.first_at, d.last_at, d.half_hours, d.channels
    )
    insert into tendril.behavior_days as kept (user_id, day, type, events, first_at, last_at, half_hours, channels)
    select merge_behavior_days.into_user, t.day, t.type, t.events, t.first_at, t.last_at, t.half_hours, t.channels from theirs t
    on conflict (user_id, day, type) do update
    set events = kept.events + excluded.events, first_at = least(kept.first_at, excluded.first_at),
        last_at = greatest(kept.last_at, excluded.last_at), half_hours = kept.half_hours | excluded.half_hours,
        channels = kept.channels | excluded.channels;
$$;
