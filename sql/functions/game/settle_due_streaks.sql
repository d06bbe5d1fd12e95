-- Settles the streaks of those for whom a day is over on their calendar on which they did nothing that keeps one, so many at most;
-- any number of processes may. Says how many there were.
create or replace function tendril.settle_due_streaks(batch int default 1000, at timestamptz default tendril.clock())
returns int
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    due uuid[] := array(
        select u.id from tendril.users u
        where u.id in (
            select s.user_id from tendril.streaks s
            where s.due_at <= settle_due_streaks.at order by s.due_at limit settle_due_streaks.batch)
        order by u.id for no key update skip locked);
begin
    -- Whom another process settled between our looking and our locking is not due any more.
    due := array(select s.user_id from tendril.streaks s where s.user_id = any (due) and s.due_at <= settle_due_streaks.at);
    if cardinality(due) > 0 and exists (select from tendril.streak_rules) then
        perform tendril.settle_streaks(due, settle_due_streaks.at);
        return cardinality(due);
    end if;
    return 0;
end;
$$;
