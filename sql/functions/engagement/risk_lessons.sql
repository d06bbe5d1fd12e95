-- Gives, for a page of those who were here in the sixty days until the end of a day, in the order of their ids, their signals of that
-- day, how much of each of these types they did in its week and until then, and of each of these numbers of days whether they did
-- nothing on all of them that followed; changes nothing.
create or replace function tendril.risk_lessons(day date, types text[], horizons int[], most int, after_user uuid default null)
returns table (user_id uuid, signals json, last_week float8[], ever float8[], has_left boolean[])
language plpgsql stable
set search_path = ''
as $$
#variable_conflict use_column
declare
    users uuid[] := array(
        select u.id from tendril.users u
        where (risk_lessons.after_user is null or u.id > risk_lessons.after_user) and exists (
            select from tendril.behavior_days b where b.user_id = u.id and b.day > risk_lessons.day - 60 and b.day <= risk_lessons.day)
        order by u.id limit risk_lessons.most);
    days date[] := array(select risk_lessons.day from unnest(users));
begin
    return query
        select
            s.user_id, s.signals, t.last_week, t.ever,
            array(
                select not exists (
                    select from tendril.behavior_days b where b.user_id = s.user_id and b.day > risk_lessons.day and b.day <= risk_lessons.day + h.days)
                from unnest(risk_lessons.horizons) with ordinality as h (days, place) order by h.place)
        from tendril.risk_signals(users, days) s
        left join tendril.activity_by_type(users, days, risk_lessons.types) t on t.user_id = s.user_id
        order by s.user_id;
end;
$$;
