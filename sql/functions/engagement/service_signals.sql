-- Gives what the service itself knows of each user at the end of a day, a row per user and day asked for: what became of the messages
-- they got, commitments, events, pods and what they asked us not to do. docs/risk.md says what each column is; null where nothing
-- can be said; changes nothing. Nothing that came later than the day is looked at, so that a model can learn from what is over.
create or replace function tendril.service_signals(users uuid[], days date[])
returns table (
    user_id uuid, days_since_joined float8, messages_7 float8, messages_30 float8, answered_7 float8, answered_30 float8, clicked_30 float8,
    answer_share_30 float8, unanswered_in_a_row float8, response_hours float8, days_since_answer float8, days_since_message float8,
    commitments_open float8, commitments_kept_14 float8, commitments_kept_30 float8, commitments_missed_14 float8, commitments_missed_30 float8,
    commitments_dropped_30 float8, kept_share_30 float8, days_since_kept float8, attended_60 float8, stayed_away_60 float8, signed_up_ahead float8,
    in_pod float8, sequences_running float8, sequences_completed float8, opt_outs_30 float8
)
language sql stable
set search_path = ''
as $$
    with given as (
        select a.user_id, a.day, u.created_at, u.timezone
        from unnest(service_signals.users, service_signals.days) as a (user_id, day)
        join tendril.users u on u.id = a.user_id
    ), ends as materialized (
        -- when it ends is the same for all of a zone
        select e.day, e.timezone, tendril.instant((e.day + 1)::timestamp, e.timezone) as at
        from (select distinct g.day, g.timezone from given g) e
    ), asked as materialized (
        select g.user_id, g.day, g.created_at, g.timezone, e.at as ends_at
        from given g join ends e on e.day = g.day and e.timezone = g.timezone
    )
    select
        a.user_id, greatest(a.day - (a.created_at at time zone a.timezone)::date, 0)::float8,
        m.week, m.month, m.answered_week, m.answered, m.clicked, m.answered / nullif(m.month, 0),
        case when m.answered_last is null then m.month else m.since_answered end, m.response_hours,
        extract(epoch from a.ends_at - m.answered_last)::float8 / 86400, extract(epoch from a.ends_at - m.latest)::float8 / 86400,
        c.open, c.kept_14, c.kept_30, c.missed_14, c.missed_30, c.dropped_30, c.kept_30 / nullif(c.kept_30 + c.missed_30, 0), (a.day - c.kept_last)::float8,
        e.attended, e.stayed_away, g.ahead,
        (exists (
            select from tendril.pod_members p where p.user_id = a.user_id and p.joined_at < a.ends_at and coalesce(p.left_at >= a.ends_at, true)
        ))::int::float8,
        r.running, r.completed, o.opt_outs
    from asked a
    cross join lateral (
        select
            count(*) filter (where d.sent_at >= a.ends_at - interval '7 days')::float8 as week, count(*)::float8 as month,
            count(*) filter (where d.sent_at >= a.ends_at - interval '7 days' and d.engaged_at < a.ends_at)::float8 as answered_week,
            count(*) filter (where d.engaged_at < a.ends_at)::float8 as answered, count(*) filter (where d.clicked_at < a.ends_at)::float8 as clicked,
            max(d.sent_at) as latest, max(d.engaged_at) filter (where d.engaged_at < a.ends_at) as answered_last,
            count(*) filter (where d.sent_at > d.answered_sent)::float8 as since_answered,
            percentile_cont(0.5) within group (order by extract(epoch from d.engaged_at - d.sent_at) / 3600)
                filter (where d.engaged_at < a.ends_at) as response_hours
        from (
            select d.sent_at, d.engaged_at, d.clicked_at, max(d.sent_at) filter (where d.engaged_at < a.ends_at) over () as answered_sent
            from tendril.message_deliveries d
            where d.user_id = a.user_id and d.sent_at >= a.ends_at - interval '30 days' and d.sent_at < a.ends_at
        ) d
    ) m
    cross join lateral (
        select
            count(*) filter (where c.created_at < a.ends_at and c.lapses_at >= a.ends_at and c.status <> 'dropped'
                and coalesce(c.completed_at >= a.ends_at, true))::float8 as open,
            count(*) filter (where c.completed_day > a.day - 14 and c.completed_day <= a.day)::float8 as kept_14,
            count(*) filter (where c.completed_day > a.day - 30 and c.completed_day <= a.day)::float8 as kept_30,
            count(*) filter (where c.status = 'missed' and c.lapses_at >= a.ends_at - interval '14 days' and c.lapses_at < a.ends_at)::float8 as missed_14,
            count(*) filter (where c.status = 'missed' and c.lapses_at >= a.ends_at - interval '30 days' and c.lapses_at < a.ends_at)::float8 as missed_30,
            count(*) filter (where c.status = 'dropped' and c.created_at >= a.ends_at - interval '30 days' and c.created_at < a.ends_at)::float8 as dropped_30,
            max(c.completed_day) filter (where c.completed_day <= a.day) as kept_last
        from tendril.commitments c where c.user_id = a.user_id
    ) c
    -- From what is theirs to the events, not the other way around: so the times stand in the filters.
    cross join lateral (
        select
            count(*) filter (where t.attended and v.starts_at >= a.ends_at - interval '60 days' and v.starts_at < a.ends_at)::float8 as attended,
            count(*) filter (where not t.attended and v.starts_at >= a.ends_at - interval '60 days' and v.starts_at < a.ends_at)::float8 as stayed_away
        from tendril.event_attendance t join tendril.events v on v.id = t.event_id
        where t.user_id = a.user_id
    ) e
    cross join lateral (
        select count(*) filter (where v.starts_at >= a.ends_at)::float8 as ahead
        from tendril.event_registrations g join tendril.events v on v.id = g.event_id
        where g.user_id = a.user_id and g.status = 'registered' and g.at < a.ends_at
    ) g
    cross join lateral (
        select
            count(*) filter (where n.enrolled_at < a.ends_at and coalesce(n.ended_at >= a.ends_at, true))::float8 as running,
            count(*) filter (where n.status = 'completed' and n.ended_at < a.ends_at)::float8 as completed
        from tendril.enrollments n where n.user_id = a.user_id
    ) r
    cross join lateral (
        select count(*)::float8 as opt_outs
        from (
            select s.at from tendril.sequence_opt_outs s where s.user_id = a.user_id
            union all
            select w.at from tendril.message_wishes w where w.user_id = a.user_id
            union all
            select p.unsubscribed_at from tendril.contact_points p where p.user_id = a.user_id
            union all
            select s.stopped_at from tendril.user_preferences s where s.user_id = a.user_id
        ) w
        where w.at >= a.ends_at - interval '30 days' and w.at < a.ends_at
    ) o;
$$;
