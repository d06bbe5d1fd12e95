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
language sql stable
set search_path = ''
as $$
    with asked as (
        select a.user_id, a.day from unnest(activity_signals.users, activity_signals.days) as a (user_id, day)
    ), known as materialized (
        select a.user_id, a.day - b.day as ago, b.day, b.type, b.events, b.half_hours
        from asked a join tendril.behavior_days b on b.user_id = a.user_id and b.day <= a.day
    ), by_day as materialized (
        select k.user_id, k.ago, k.day, sum(k.events)::float8 as events, bit_or(k.half_hours) as half_hours from known k group by 1, 2, 3
    ), told as materialized (
        select
            t.*, ln(1 + t.events) as size, 30 * bit_count(t.half_hours::bit(64))::float8 as minutes,
            bit_count((t.half_hours & ~(t.half_hours << 1))::bit(64))::float8 as visits,
            -- the lowest bit that is set
            ln((t.half_hours & -t.half_hours)::float8) / ln(2::float8) / 2 as first_hour,
            (lag(t.ago) over each_user - t.ago)::float8 as gap,
            t.ago + row_number() over each_user as run,
            max(t.ago) over (partition by t.user_id) as tenure
        from by_day t
        window each_user as (partition by t.user_id order by t.ago desc)
    ), by_user as (
        select
            t.user_id, min(t.ago)::float8 as days_since_active, max(t.ago)::float8 as tenure_days,
            count(*) filter (where t.ago < 1)::float8 as active_days_1, count(*) filter (where t.ago < 3)::float8 as active_days_3,
            count(*) filter (where t.ago < 7)::float8 as active_days_7, count(*) filter (where t.ago < 14)::float8 as active_days_14,
            count(*) filter (where t.ago < 30)::float8 as active_days_30, count(*) filter (where t.ago < 90)::float8 as active_days_90,
            coalesce(sum(t.events) filter (where t.ago < 1), 0) as events_1, coalesce(sum(t.events) filter (where t.ago < 3), 0) as events_3,
            coalesce(sum(t.events) filter (where t.ago < 7), 0) as events_7, coalesce(sum(t.events) filter (where t.ago < 14), 0) as events_14,
            coalesce(sum(t.events) filter (where t.ago < 30), 0) as events_30, coalesce(sum(t.events) filter (where t.ago < 90), 0) as events_90,
            coalesce(sum(t.events) filter (where t.ago between 7 and 13), 0) as events_week_2,
            coalesce(sum(t.events) filter (where t.ago between 14 and 20), 0) as events_week_3,
            coalesce(sum(t.events) filter (where t.ago between 21 and 27), 0) as events_week_4,
            count(*) filter (where t.ago between 7 and 13)::float8 as active_days_week_2,
            count(*) filter (where t.ago between 14 and 20)::float8 as active_days_week_3,
            count(*) filter (where t.ago between 21 and 27)::float8 as active_days_week_4,
            count(*) filter (where t.ago between 14 and 27)::float8 as active_days_before_14,
            coalesce(sum(t.events) filter (where t.ago between 14 and 27), 0) as events_before_14,
            count(distinct t.ago / 7) filter (where t.ago < 28)::float8 as active_weeks_4,
            coalesce(sum(t.events) filter (where t.ago = 1), 0) as events_yesterday,
            coalesce(sum(t.events) filter (where t.ago = 2), 0) as events_two_days_ago,
            -- the least-squares line through the logarithm of each day's events, days without any being 0
            coalesce(sum((6.5 - t.ago) * t.size) filter (where t.ago < 14), 0) / 227.5 as daily_slope_14,
            coalesce(sum((14.5 - t.ago) * t.size) filter (where t.ago < 30), 0) / 2247.5 as daily_slope_30,
            count(*)::float8 as active_days, avg(t.events) as events_per_active_day, max(t.events) as events_on_busiest_day,
            stddev_samp(t.events) as events_deviation, (array_agg(t.events order by t.ago))[1] as events_on_last_day,
            (array_agg(t.events order by t.ago desc))[1] as events_on_first_day,
            sum(t.events) filter (where t.ago > t.tenure - 7) as events_in_first_week,
            coalesce(sum(t.visits) filter (where t.ago < 7), 0) as visits_7, coalesce(sum(t.visits) filter (where t.ago < 30), 0) as visits_30,
            avg(t.visits) as visits_per_active_day, coalesce(sum(t.minutes) filter (where t.ago < 7), 0) as minutes_7,
            coalesce(sum(t.minutes) filter (where t.ago < 30), 0) as minutes_30, sum(t.minutes) / sum(t.visits) as minutes_per_visit,
            sum(t.minutes) filter (where t.ago < 7) / sum(t.visits) filter (where t.ago < 7) as minutes_per_visit_7,
            max(t.minutes) as minutes_on_longest_day, avg(t.gap) as gap_mean, max(t.gap) as gap_longest, stddev_samp(t.gap) as gap_deviation,
            (array_agg(t.gap order by t.ago))[1] as last_gap,
            avg((extract(isodow from t.day) >= 6)::int)::float8 as weekend_share, avg(t.first_hour) as first_hour,
            stddev_samp(t.first_hour) as first_hour_deviation, sum(bit_count(t.half_hours::bit(64)))::float8 as half_hours,
            -- eight times three hours
            array[
                sum(bit_count((t.half_hours & 63)::bit(64))), sum(bit_count((t.half_hours >> 6 & 63)::bit(64))),
                sum(bit_count((t.half_hours >> 12 & 63)::bit(64))), sum(bit_count((t.half_hours >> 18 & 63)::bit(64))),
                sum(bit_count((t.half_hours >> 24 & 63)::bit(64))), sum(bit_count((t.half_hours >> 30 & 63)::bit(64))),
                sum(bit_count((t.half_hours >> 36 & 63)::bit(64))), sum(bit_count((t.half_hours >> 42 & 63)::bit(64)))]::float8[] as watches,
            array[
                count(*) filter (where extract(isodow from t.day) = 1), count(*) filter (where extract(isodow from t.day) = 2),
                count(*) filter (where extract(isodow from t.day) = 3), count(*) filter (where extract(isodow from t.day) = 4),
                count(*) filter (where extract(isodow from t.day) = 5), count(*) filter (where extract(isodow from t.day) = 6),
                count(*) filter (where extract(isodow from t.day) = 7)]::float8[] as weekdays
        from told t group by 1
    ), streaks as (
        select r.user_id, max(r.days)::float8 as longest, max(r.days) filter (where r.ago <= 1)::float8 as current
        from (select t.user_id, t.run, count(*) as days, min(t.ago) as ago from told t group by 1, 2) r group by 1
    ), by_type as (
        select k.user_id, k.type, sum(k.events)::float8 as events, min(k.ago) as ago, max(k.ago) as since from known k group by 1, 2
    ), kinds as (
        select
            y.user_id, count(*) filter (where y.ago < 7)::float8 as types_7, count(*) filter (where y.ago < 30)::float8 as types_30,
            count(*)::float8 as types_all, count(*) filter (where y.since < 7)::float8 as new_types_7,
            -sum(y.events / y.total * ln(y.events / y.total)) as type_entropy, max(y.events) / max(y.total) as commonest_type_share
        from (select y.*, sum(y.events) over (partition by y.user_id) as total from by_type y) y group by 1
    )
    select
        a.user_id, u.days_since_active, u.days_since_active + u.last_gap, u.tenure_days,
        coalesce(u.active_days_1, 0), coalesce(u.active_days_3, 0), coalesce(u.active_days_7, 0), coalesce(u.active_days_14, 0),
        coalesce(u.active_days_30, 0), coalesce(u.active_days_90, 0), coalesce(u.events_1, 0), coalesce(u.events_3, 0),
        coalesce(u.events_7, 0), coalesce(u.events_14, 0), coalesce(u.events_30, 0), coalesce(u.events_90, 0),
        coalesce(u.events_week_2, 0), coalesce(u.events_week_3, 0), coalesce(u.events_week_4, 0), coalesce(u.active_days_week_2, 0),
        coalesce(u.active_days_week_3, 0), coalesce(u.active_days_week_4, 0), coalesce(u.active_weeks_4, 0),
        coalesce(u.events_yesterday, 0), coalesce(u.events_two_days_ago, 0),
        coalesce(ln((1 + u.events_7) / (1 + u.events_week_2)), 0), coalesce(ln((1 + u.events_14) / (1 + u.events_before_14)), 0),
        coalesce(u.active_days_7 - u.active_days_week_2, 0), coalesce(u.active_days_14 - u.active_days_before_14, 0),
        coalesce(u.daily_slope_14, 0), coalesce(u.daily_slope_30, 0), u.events_per_active_day, u.events_on_busiest_day,
        u.events_deviation, u.events_on_last_day, u.events_on_first_day, u.events_in_first_week,
        ln((1 + u.events_7) / (1 + u.events_in_first_week)), coalesce(u.visits_7, 0), coalesce(u.visits_30, 0), u.visits_per_active_day,
        coalesce(u.minutes_7, 0), coalesce(u.minutes_30, 0), u.minutes_per_visit, u.minutes_per_visit_7, u.minutes_on_longest_day,
        u.gap_mean, u.gap_longest, u.gap_deviation, u.days_since_active / u.gap_mean, coalesce(s.current, 0), coalesce(s.longest, 0),
        u.active_days / (u.tenure_days + 1),
        (select -sum(w / u.active_days * ln(w / u.active_days)) from unnest(u.weekdays) w where w > 0), u.weekend_share,
        (select -sum(w / u.half_hours * ln(w / u.half_hours)) from unnest(u.watches) w where w > 0),
        (u.watches[1] + u.watches[2]) / u.half_hours, (u.watches[3] + u.watches[4]) / u.half_hours,
        (u.watches[7] + u.watches[8]) / u.half_hours, u.first_hour, u.first_hour_deviation,
        coalesce(k.types_7, 0), coalesce(k.types_30, 0), coalesce(k.types_all, 0), coalesce(k.new_types_7, 0), k.type_entropy,
        k.commonest_type_share
    from asked a
    left join by_user u on u.user_id = a.user_id
    left join streaks s on s.user_id = a.user_id
    left join kinds k on k.user_id = a.user_id;
$$;
