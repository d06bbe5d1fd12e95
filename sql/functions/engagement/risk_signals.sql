-- Gives all signals of each user at the end of a day, by name: of their activity, of what they finish, and of what the service knows of
-- them. Who has never done anything has been away since they came. docs/risk.md says what each is; changes nothing.
create or replace function tendril.risk_signals(users uuid[], days date[])
returns table (user_id uuid, day date, signals json)
language sql stable
set search_path = ''
as $$
    with asked as (
        select a.user_id, a.day from unnest(risk_signals.users, risk_signals.days) as a (user_id, day)
    ), finishing as (
        select
            a.user_id, coalesce(sum(b.events) filter (where b.type ~ '(^|_)(complete|completed|done|finished|passed)$'), 0)::float8 as finished,
            coalesce(sum(b.events) filter (where b.type ~ '(^|_)(start|started|begun|created|opened)$'), 0)::float8 as begun
        from asked a
        left join tendril.behavior_days b on b.user_id = a.user_id and b.day > a.day - 30 and b.day <= a.day
        group by 1
    )
    select a.user_id, a.day, to_json(t)
    from asked a
    join tendril.activity_signals(risk_signals.users, risk_signals.days) y on y.user_id = a.user_id
    join tendril.service_signals(risk_signals.users, risk_signals.days) s on s.user_id = a.user_id
    join finishing f on f.user_id = a.user_id
    cross join lateral (
        select
            coalesce(y.days_since_active, s.days_since_joined) as days_since_active, y.days_since_active_before, y.tenure_days,
            y.active_days_1, y.active_days_3, y.active_days_7, y.active_days_14, y.active_days_30, y.active_days_90, y.events_1, y.events_3,
            y.events_7, y.events_14, y.events_30, y.events_90, y.events_week_2, y.events_week_3, y.events_week_4, y.active_days_week_2,
            y.active_days_week_3, y.active_days_week_4, y.active_weeks_4, y.events_yesterday, y.events_two_days_ago, y.events_trend_7,
            y.events_trend_14, y.active_days_trend_7, y.active_days_trend_14, y.daily_slope_14, y.daily_slope_30, y.events_per_active_day,
            y.events_on_busiest_day, y.events_deviation, y.events_on_last_day, y.events_on_first_day, y.events_in_first_week,
            y.last_to_first_week, y.visits_7, y.visits_30, y.visits_per_active_day, y.minutes_7, y.minutes_30, y.minutes_per_visit,
            y.minutes_per_visit_7, y.minutes_on_longest_day, y.gap_mean, y.gap_longest, y.gap_deviation, y.overdue, y.streak_days,
            y.longest_streak, y.activity_share, y.weekday_entropy, y.weekend_share, y.hour_entropy, y.night_share, y.morning_share,
            y.evening_share, y.first_hour, y.first_hour_deviation, y.types_7, y.types_30, y.types_all, y.new_types_7, y.type_entropy,
            y.commonest_type_share, s.days_since_joined, s.messages_7, s.messages_30, s.answered_7, s.answered_30, s.clicked_30,
            s.answer_share_30, s.unanswered_in_a_row, s.response_hours, s.days_since_answer, s.days_since_message, s.commitments_open,
            s.commitments_kept_14, s.commitments_kept_30, s.commitments_missed_14, s.commitments_missed_30, s.commitments_dropped_30,
            s.kept_share_30, s.days_since_kept, s.attended_60, s.stayed_away_60, s.signed_up_ahead, s.in_pod, s.sequences_running,
            s.sequences_completed, s.opt_outs_30,
            f.finished as finished_30, f.begun as begun_30, f.finished / nullif(greatest(f.finished, f.begun), 0) as finished_share_30
    ) t;
$$;
