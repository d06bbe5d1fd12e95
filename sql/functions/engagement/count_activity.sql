-- Counts anew how many people were active on days whose figures have changed, a week of days at a time, and who came back after they
-- had signed up. Says how many days it counted; nothing where somebody else is at it, or the last time is not long enough ago.
create or replace function tendril.count_activity(
    not_within interval default '1 minute', batch int default 7, at timestamptz default tendril.clock()
)
returns int
language plpgsql
set search_path = ''
set enable_seqscan = off
as $$
#variable_conflict use_column
declare
    today date := (count_activity.at at time zone 'UTC')::date;
    days date[];
begin
    perform from tendril.activity_state s
    where s.counted_at is null or s.counted_at not between count_activity.at - count_activity.not_within and count_activity.at
    for update skip locked;
    if not found then
        return null;
    end if;
    -- A mark is there as soon as its change is: what commits later leaves a mark that is not taken here.
    days := array(select distinct m.day from tendril.activity_marks m order by 1 desc limit count_activity.batch);
    delete from tendril.activity_marks m where m.day = any (days);
    delete from tendril.activity_days d where d.day = any (days);
    insert into tendril.activity_days (day, type, people, events)
    select d.day, coalesce(d.type, ''), count(distinct d.user_id), sum(d.events)
    from tendril.behavior_days d where d.day = any (days)
    group by grouping sets ((d.day, d.type), (d.day));
    insert into tendril.activation_days (signed_up_on, people, within_7, within_30)
    select
        w.day, count(u.id), count(u.id) filter (where back.day <= u.signed_up_on + 7),
        case when w.day <= today - 31 then count(u.id) filter (where back.day <= u.signed_up_on + 30) end
    from (
        select today - n as day from generate_series(8, 430) n
        where not exists (
            select from tendril.activation_days a
            where a.signed_up_on = today - n and (a.within_30 is not null or n < 31))
        order by 1 desc limit 31
    ) w
    left join lateral (
        select u.id, (u.created_at at time zone u.timezone)::date as signed_up_on from tendril.users u
        where u.created_at >= w.day::timestamp at time zone 'UTC' and u.created_at < (w.day + 1)::timestamp at time zone 'UTC'
            and u.deleted_at is null
    ) u on true
    left join lateral (
        select min(b.day) as day from tendril.behavior_days b where b.user_id = u.id and b.day > u.signed_up_on
    ) back on true
    group by w.day
    on conflict (signed_up_on) do update set people = excluded.people, within_7 = excluded.within_7, within_30 = excluded.within_30;
    perform tendril.count_active_people(at => count_activity.at);
    if cardinality(days) < count_activity.batch then
        update tendril.activity_state s set counted_at = count_activity.at;
    end if;
    return cardinality(days);
end;
$$;
