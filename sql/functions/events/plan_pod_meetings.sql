-- Makes the next two weekly meetings of every pod that are not made yet, and registers its members for them; says how many
-- were made.
create or replace function tendril.plan_pod_meetings(at timestamptz default tendril.clock())
returns int
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    made int;
    registered bigint[];
begin
    with days as (
        select p.*, day::date as day, tendril.instant(day::date + p.local_time, p.timezone) as starts_at
        from tendril.pods p
        cross join lateral (select (plan_pod_meetings.at at time zone p.timezone)::date as today) local
        -- three of these weekdays, for today's meeting may be over
        cross join lateral generate_series(
            local.today + (p.weekday - extract(isodow from local.today)::int + 7) % 7, local.today + 20, interval '7 days') as day
        where p.archived_at is null
            -- a pod with two dates after today has nothing to plan, and most of them do
            and (select count(*) from tendril.events e where e.series = 'pod:' || p.id and e.planned_on > local.today) < 2
    ), ahead as (
        select d.*, row_number() over (partition by d.id order by d.starts_at) as place from days d where d.starts_at > plan_pod_meetings.at
    ), written as (
        insert into tendril.events (
            kind, title, starts_at, duration, timezone, join_url, pod_id, series, planned_on, created_by, created_at)
        select 'meeting', a.name, a.starts_at, a.duration, a.timezone, a.join_url, a.id, 'pod:' || a.id, a.day, a.created_by,
            plan_pod_meetings.at
        from ahead a where a.place <= 2
        order by a.id, a.starts_at
        on conflict (series, planned_on) do nothing
        returning id
    )
    select count(*) into made from written;

    with written as (
        insert into tendril.event_registrations (event_id, user_id, status, source, at)
        select e.id, m.user_id, 'registered', 'pod', plan_pod_meetings.at
        from tendril.events e
        join tendril.pod_members m on m.pod_id = e.pod_id and m.left_at is null
        -- also somebody who joined in the moment when it was made; who cannot come has a registration, a cancelled one
        where e.starts_at > plan_pod_meetings.at and e.cancelled_at is null and not exists (
            select from tendril.event_registrations r where r.event_id = e.id and r.user_id = m.user_id)
        order by e.id, m.user_id
        on conflict (event_id, user_id) do nothing
        returning id
    )
    select coalesce(array_agg(id), '{}') into registered from written;
    perform tendril.start_reminders(registered, plan_pod_meetings.at);
    return made;
end;
$$;
