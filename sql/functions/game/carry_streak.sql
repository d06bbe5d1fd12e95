-- Trigger: takes a streak along into another time zone. Who moves east may skip a day, or nearly: what they did last counts for the
-- day that it was there, too. Days are counted anew.
create or replace function tendril.carry_streak()
returns trigger
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    today date := (tendril.clock() at time zone new.timezone)::date;
begin
    insert into tendril.streak_days (user_id, day, kind)
    select s.user_id, s.last_day + 1, 'carried'
    from tendril.streaks s
    where s.user_id = new.id and (s.last_act_at at time zone old.timezone)::date = s.last_day
        and (s.last_act_at at time zone new.timezone)::date = s.last_day + 1
    on conflict (user_id, day) do update set kind = 'carried' where streak_days.kind = 'frozen';
    -- what was given on a day that has not begun in the west
    update tendril.streak_gifts g set day = today where g.user_id = new.id and g.day > today;
    update tendril.streaks s set is_stale = true, due_at = '-infinity' where s.user_id = new.id;
    return null;
end;
$$;
