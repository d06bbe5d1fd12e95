-- Counts the days in a row on which a user kept a commitment, on their own calendar: the streak that lasts, and the longest. Each
-- streak has two freezes; a day without anything kept takes one and counts for nothing; changes nothing.
create or replace function tendril.streak_of(user_id uuid, at timestamptz default tendril.clock())
returns jsonb
language plpgsql stable
set search_path = ''
as $$
#variable_conflict use_column
declare
    today date := (select (streak_of.at at time zone u.timezone)::date from tendril.users u where u.id = streak_of.user_id);
    kept date;
    previous date;
    streak int := 0;
    longest int := 0;
    freezes int := 2;
begin
    for kept in
        select distinct c.completed_day from tendril.commitments c
        where c.user_id = streak_of.user_id and c.status = 'done' order by 1
    loop
        freezes := freezes - greatest(kept - previous - 1, 0);
        if freezes < 0 then
            streak := 0;
            freezes := 2;
        end if;
        streak := streak + 1;
        longest := greatest(longest, streak);
        previous := kept;
    end loop;
    -- Today is not over yet; and to the west of where they were, it may be yesterday again.
    freezes := freezes - greatest(today - previous - 1, 0);
    return jsonb_build_object(
        'days', case when freezes < 0 then 0 else streak end, 'longest', longest,
        'freezes', case when streak = 0 or freezes < 0 then 2 else freezes end,
        'kept_today', coalesce(previous >= today, false));
end;
$$;
