-- Says when a step is due: the anchor plus whole days on the user's wall clock plus elapsed hours, then, where the step asks
-- for it, moved to a local time of day and to an allowed weekday (1 is Monday); changes nothing.
create or replace function tendril.due_at(anchor timestamptz, after interval, local_time time, weekdays int[], zone text)
returns timestamptz
language plpgsql stable
set search_path = ''
as $$
#variable_conflict use_column
declare
    days interval := make_interval(days => extract(day from due_at.after)::int);
    -- Hours alone never touch a wall clock, which shows one hour twice when it is set back.
    due timestamptz := case when days = interval '0' then due_at.anchor
        else tendril.instant((due_at.anchor at time zone due_at.zone) + days, due_at.zone) end + (due_at.after - days);
    day date := (due at time zone due_at.zone)::date;
    time_of_day time := coalesce(due_at.local_time, (due at time zone due_at.zone)::time);
begin
    if due_at.local_time is null and due_at.weekdays is null then
        return due;
    end if;
    if due_at.local_time is not null and tendril.instant(day + time_of_day, due_at.zone) < due_at.anchor
        and due_at.after >= interval '0' then
        day := day + 1;
    end if;
    while due_at.weekdays is not null and extract(isodow from day)::int <> all (due_at.weekdays) loop
        day := day + 1;
    end loop;
    return tendril.instant(day + time_of_day, due_at.zone);
end;
$$;
