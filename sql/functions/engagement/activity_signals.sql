-- Gives what each user's activity looked like at the end of a day, a row per user and day asked for: how long ago, how often, how
-- regularly, at what hours, in how many visits and kinds, and how that changed. docs/risk.md says what each column is; what cannot
-- be said of somebody (the gaps of who came once) is null; changes nothing.
create or replace function tendril.activity_signals(users uuid[], days date[])
returns table (
    user_id uuid, days_since_active float8, days_since_active_before float8, tenure_days float8,
    active_days_1 float8, active_days_3 float8, active_days_7 float8, active_days_14 float8, active_days_30 float8, active_days_90 float8,
    events_1 float8, events_3 float8, events_7 float8, events_14 float8, events_30 float8, events_90 float8,
    events_week_2 float8, events_week_3 float8, events_week_4 float8, active_days_week_2 float8, active_days_week_3 float8,
    active_days_week_4 float8, active_weeks_4 float8, events_yesterday float8, events_two_days_ago float8,
    events_trend_7 float8, events_trend_14 float8, active_days_trend_7 float8, active_days_trend_14 float8, daily_slope_14 float8,
    daily_slope_30 float8, events_per_active_day float8, events_on_busiest_day float8, events_deviation float8,
    events_on_last_day float8, events_on_first_day float8, events_in_first_week float8, last_to_first_week float8,
    visits_7 float8, visits_30 float8, visits_per_active_day float8, minutes_7 float8, minutes_30 float8, minutes_per_visit float8,
    minutes_per_visit_7 float8, minutes_on_longest_day float8,
    gap_mean float8, gap_longest float8, gap_deviation float8, overdue float8, streak_days float8, longest_streak float8,
    activity_share float8, weekday_entropy float8, weekend_share float8, hour_entropy float8, night_share float8,
    morning_share float8, evening_share float8, first_hour float8, first_hour_deviation float8,
    types_7 float8, types_30 float8, types_all float8, new_types_7 float8, type_entropy float8, commonest_type_share float8
)
language sql stable parallel safe
set search_path = ''
-- the days of some thousand users, without writing them to disk
set work_mem = '64MB'
as $$
    with asked as (
        select a.user_id, a.day from unnest(activity_signals.users, activity_signals.days) as a (user_id, day)
    ), known as materialized (
        select a.user_id, a.day - b.day as ago, b.day, b.type, b.events, b.half_hours
        from asked a join tendril.behavior_days b on b.user_id = a.user_id and b.day <= a.day
    ), by_day as (
        select k.user_id, k.ago, k.day - date '2001-01-01' as day, sum(k.events)::float8 as events, bit_or(k.half_hours) as half_hours
        from known k group by k.user_id, k.ago, k.day
    ), counted as (
        -- How many bits are set in every two, of all half-hours and of those that begin a visit. The window tells a day what came before.
        select
            t.user_id, t.ago, t.day % 7 as weekday, t.events, t.half_hours,
            t.half_hours - (t.half_hours >> 1 & x'555555555555'::bigint) as pairs,
            (t.half_hours & ~(t.half_hours << 1)) - ((t.half_hours & ~(t.half_hours << 1)) >> 1 & x'555555555555'::bigint) as visit_pairs,
            (lag(t.ago) over each_user - t.ago)::float8 as gap, row_number() over each_user as place,
            first_value(t.ago) over each_user as tenure, lead(t.ago) over each_user is null as is_last
        from by_day t
        window each_user as (partition by t.user_id order by t.ago desc)
    ), told as (
        -- how many in every six, which are three hours; and which day began the streak
        select
            c.user_id, c.ago, c.weekday, c.events, c.gap, c.tenure, c.is_last, ln(1 + c.events) as size,
            (c.pairs & x'0C30C30C30C3'::bigint) + (c.pairs >> 2 & x'0C30C30C30C3'::bigint) + (c.pairs >> 4 & x'0C30C30C30C3'::bigint) as sixes,
            -- six bits count to 63, and what is congruent to their sum is their sum
            (((c.visit_pairs & x'0C30C30C30C3'::bigint) + (c.visit_pairs >> 2 & x'0C30C30C30C3'::bigint)
                + (c.visit_pairs >> 4 & x'0C30C30C30C3'::bigint)) % 63)::int as visits,
            -- the lowest bit that is set
            ln((c.half_hours & -c.half_hours)::float8) / ln(2::float8) / 2 as first_hour,
            (c.place - max(case when c.gap > 1 or c.gap is null then c.place end)
                over (partition by c.user_id order by c.ago desc) + 1)::float8 as streak
        from counted c
    ), by_user as (
        select
            t.user_id, min(t.ago)::float8 as days_since_active, max(t.ago)::float8 as tenure_days, count(*)::float8 as active_days,
            -- the last 63 days, each a bit, today the lowest
            coalesce(bit_or(1::bigint << t.ago) filter (where t.ago < 63), 0) as days, count(*) filter (where t.ago < 90)::float8 as active_days_90,
            coalesce(sum(t.events) filter (where t.ago = 0), 0) as events_1, coalesce(sum(t.events) filter (where t.ago = 1), 0) as events_yesterday,
            coalesce(sum(t.events) filter (where t.ago = 2), 0) as events_two_days_ago,
            coalesce(sum(t.events) filter (where t.ago < 7), 0) as events_7,
            coalesce(sum(t.events) filter (where t.ago between 7 and 13), 0) as events_week_2,
            coalesce(sum(t.events) filter (where t.ago between 14 and 20), 0) as events_week_3,
            coalesce(sum(t.events) filter (where t.ago between 21 and 27), 0) as events_week_4,
            coalesce(sum(t.events) filter (where t.ago < 30), 0) as events_30, coalesce(sum(t.events) filter (where t.ago < 90), 0) as events_90,
            -- the least-squares line through the logarithm of each day's events, days without any being 0
            coalesce(sum((6.5 - t.ago) * t.size) filter (where t.ago < 14), 0) / 227.5 as daily_slope_14,
            coalesce(sum((14.5 - t.ago) * t.size) filter (where t.ago < 30), 0) / 2247.5 as daily_slope_30,
            sum(t.events) as events, max(t.events) as events_on_busiest_day, stddev_samp(t.events) as events_deviation,
            max(t.events) filter (where t.is_last) as events_on_last_day, max(t.events) filter (where t.gap is null) as events_on_first_day,
            sum(t.events) filter (where t.ago > t.tenure - 7) as events_in_first_week,
            sum(t.visits)::float8 as visits, sum(t.visits) filter (where t.ago < 7)::float8 as visits_7,
            coalesce(sum(t.visits) filter (where t.ago < 30), 0)::float8 as visits_30, sum(t.sixes % 63)::float8 as half_hours,
            sum(t.sixes % 63) filter (where t.ago < 7)::float8 as half_hours_7, sum(t.sixes % 63) filter (where t.ago < 30)::float8 as half_hours_30,
            max(t.sixes % 63)::float8 as half_hours_on_longest_day,
            sum(t.gap) / nullif(count(t.gap), 0) as gap_mean, max(t.gap) as gap_longest, stddev_samp(t.gap) as gap_deviation,
            max(t.gap) filter (where t.is_last) as last_gap,
            max(t.streak) as longest_streak, max(t.streak) filter (where t.is_last and t.ago <= 1) as streak_days,
            sum(t.first_hour) as first_hours, stddev_samp(t.first_hour) as first_hour_deviation,
            -- eight times three hours; the sums of two of them, 24 bits apart, are one
            sum((t.sixes & x'00003F00003F'::bigint)::float8)::bigint as watches_1_5, sum((t.sixes >> 6 & x'00003F00003F'::bigint)::float8)::bigint as watches_2_6,
            sum((t.sixes >> 12 & x'00003F00003F'::bigint)::float8)::bigint as watches_3_7, sum((t.sixes >> 18 & x'00003F00003F'::bigint)::float8)::bigint as watches_4_8,
            count(*) filter (where t.weekday = 0)::float8 as mondays, count(*) filter (where t.weekday = 1)::float8 as tuesdays,
            count(*) filter (where t.weekday = 2)::float8 as wednesdays, count(*) filter (where t.weekday = 3)::float8 as thursdays,
            count(*) filter (where t.weekday = 4)::float8 as fridays, count(*) filter (where t.weekday = 5)::float8 as saturdays,
            count(*) filter (where t.weekday = 6)::float8 as sundays
        from told t group by t.user_id
    ), windows as (
        select
            u.*, bit_count((u.days & 1)::bit(64))::float8 as active_days_1, bit_count((u.days & x'7'::bigint)::bit(64))::float8 as active_days_3,
            bit_count((u.days & x'7F'::bigint)::bit(64))::float8 as active_days_7, bit_count((u.days & x'3FFF'::bigint)::bit(64))::float8 as active_days_14,
            bit_count((u.days & x'3FFFFFFF'::bigint)::bit(64))::float8 as active_days_30,
            bit_count((u.days >> 7 & x'7F'::bigint)::bit(64))::float8 as active_days_week_2,
            bit_count((u.days >> 14 & x'7F'::bigint)::bit(64))::float8 as active_days_week_3,
            bit_count((u.days >> 21 & x'7F'::bigint)::bit(64))::float8 as active_days_week_4,
            (u.watches_1_5 & x'FFFFFF'::bigint)::float8 as watch_1, (u.watches_2_6 & x'FFFFFF'::bigint)::float8 as watch_2,
            (u.watches_3_7 & x'FFFFFF'::bigint)::float8 as watch_3, (u.watches_4_8 & x'FFFFFF'::bigint)::float8 as watch_4,
            (u.watches_1_5 >> 24)::float8 as watch_5, (u.watches_2_6 >> 24)::float8 as watch_6,
            (u.watches_3_7 >> 24)::float8 as watch_7, (u.watches_4_8 >> 24)::float8 as watch_8
        from by_user u
    ), kinds as (
        select
            y.user_id, count(*) filter (where y.ago < 7)::float8 as types_7, count(*) filter (where y.ago < 30)::float8 as types_30,
            count(*)::float8 as types_all, count(*) filter (where y.since < 7)::float8 as new_types_7,
            sum(y.events) as events, sum(tendril.times_logarithm(y.events)) as logarithms, max(y.events) as commonest
        from (
            select k.user_id, sum(k.events)::float8 as events, min(k.ago) as ago, max(k.ago) as since from known k group by k.user_id, k.type
        ) y group by y.user_id
    )
    select
        a.user_id, w.days_since_active, w.days_since_active + w.last_gap, w.tenure_days,
        coalesce(w.active_days_1, 0), coalesce(w.active_days_3, 0), coalesce(w.active_days_7, 0), coalesce(w.active_days_14, 0),
        coalesce(w.active_days_30, 0), coalesce(w.active_days_90, 0), coalesce(w.events_1, 0),
        coalesce(w.events_1 + w.events_yesterday + w.events_two_days_ago, 0), coalesce(w.events_7, 0), coalesce(w.events_7 + w.events_week_2, 0),
        coalesce(w.events_30, 0), coalesce(w.events_90, 0),
        coalesce(w.events_week_2, 0), coalesce(w.events_week_3, 0), coalesce(w.events_week_4, 0), coalesce(w.active_days_week_2, 0),
        coalesce(w.active_days_week_3, 0), coalesce(w.active_days_week_4, 0),
        coalesce(sign(w.active_days_7) + sign(w.active_days_week_2) + sign(w.active_days_week_3) + sign(w.active_days_week_4), 0),
        coalesce(w.events_yesterday, 0), coalesce(w.events_two_days_ago, 0),
        coalesce(ln((1 + w.events_7) / (1 + w.events_week_2)), 0),
        coalesce(ln((1 + w.events_7 + w.events_week_2) / (1 + w.events_week_3 + w.events_week_4)), 0),
        coalesce(w.active_days_7 - w.active_days_week_2, 0), coalesce(w.active_days_14 - w.active_days_week_3 - w.active_days_week_4, 0),
        coalesce(w.daily_slope_14, 0), coalesce(w.daily_slope_30, 0), w.events / w.active_days, w.events_on_busiest_day,
        w.events_deviation, w.events_on_last_day, w.events_on_first_day, w.events_in_first_week,
        ln((1 + w.events_7) / (1 + w.events_in_first_week)), coalesce(w.visits_7, 0), coalesce(w.visits_30, 0), w.visits / w.active_days,
        coalesce(30 * w.half_hours_7, 0), coalesce(30 * w.half_hours_30, 0), 30 * w.half_hours / w.visits, 30 * w.half_hours_7 / w.visits_7,
        30 * w.half_hours_on_longest_day,
        w.gap_mean, w.gap_longest, w.gap_deviation, w.days_since_active / w.gap_mean, coalesce(w.streak_days, 0), coalesce(w.longest_streak, 0),
        w.active_days / (w.tenure_days + 1),
        -- -Σ p ln p where p = n / N is ln N - Σ n ln n / N
        ln(w.active_days) - (
            tendril.times_logarithm(w.mondays) + tendril.times_logarithm(w.tuesdays) + tendril.times_logarithm(w.wednesdays)
            + tendril.times_logarithm(w.thursdays) + tendril.times_logarithm(w.fridays) + tendril.times_logarithm(w.saturdays)
            + tendril.times_logarithm(w.sundays)) / w.active_days,
        (w.saturdays + w.sundays) / w.active_days,
        ln(w.half_hours) - (
            tendril.times_logarithm(w.watch_1) + tendril.times_logarithm(w.watch_2) + tendril.times_logarithm(w.watch_3)
            + tendril.times_logarithm(w.watch_4) + tendril.times_logarithm(w.watch_5) + tendril.times_logarithm(w.watch_6)
            + tendril.times_logarithm(w.watch_7) + tendril.times_logarithm(w.watch_8)) / w.half_hours,
        (w.watch_1 + w.watch_2) / w.half_hours, (w.watch_3 + w.watch_4) / w.half_hours, (w.watch_7 + w.watch_8) / w.half_hours,
        w.first_hours / w.active_days, w.first_hour_deviation,
        coalesce(k.types_7, 0), coalesce(k.types_30, 0), coalesce(k.types_all, 0), coalesce(k.new_types_7, 0),
        ln(k.events) - k.logarithms / k.events, k.commonest / k.events
    from asked a
    left join windows w on w.user_id = a.user_id
    left join kinds k on k.user_id = a.user_id;
$$;
