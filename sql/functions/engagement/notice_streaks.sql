-- Records of everybody whose streak was kept 23.5 hours before a moment between two others that it is in danger: nothing was kept since
-- on their calendar's new day, and they are awake before that day is over. Once for each day; says how many.
create or replace function tendril.notice_streaks(since timestamptz, at timestamptz default tendril.clock())
returns int
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    rests constant interval := '23.5 hours';
    events jsonb;
begin
    select jsonb_agg(jsonb_build_object(
        'event_id', concat_ws(':', 'streak_in_danger', s.last_day, s.user_id), 'user_id', s.user_id,
        'type', 'streak_in_danger', 'source', 'clock', 'occurred_at', m.moment,
        'metadata', jsonb_build_object('days', s.days, 'freezes', s.freezes, 'to_milestone', (
            select min(milestone) - s.days from tendril.streak_rules r cross join unnest(r.milestones) as milestone where milestone > s.days))))
    into events
    from tendril.streaks s
    join tendril.users u on u.id = s.user_id and u.deleted_at is null
    left join tendril.user_preferences p on p.user_id = u.id
    cross join lateral (
        select s.last_act_at + rests as moment, (notice_streaks.at at time zone u.timezone)::date as today) m
    where s.due_at is not null and not s.is_stale and s.days > 0
        and s.last_act_at > notice_streaks.since - rests and s.last_act_at <= notice_streaks.at - rests
        -- while nobody looked, that day may have gone by
        and s.last_day < m.today and (m.moment at time zone u.timezone)::date = m.today
        -- In the early morning the gate waits for the end of the quiet hours. Late in the evening that would be a day too late.
        and coalesce(tendril.quiet_until(notice_streaks.at, coalesce(p.quiet_from, '22:00'), coalesce(p.quiet_until, '08:00'), u.timezone),
            notice_streaks.at) < s.due_at;
    if events is null then
        return 0;
    end if;
    return (tendril.record_behavior_events(events, notice_streaks.at) ->> 'recorded')::int;
end;
$$;
