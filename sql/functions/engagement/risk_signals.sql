-- Gives all signals of each user at the end of a day, by name: of their activity, of what they finish, and of what the service knows of
-- them. Who has never done anything has been away since they came. docs/risk.md says what each is; changes nothing.
create or replace function tendril.risk_signals(users uuid[], days date[])
returns table (user_id uuid, day date, signals jsonb)
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
    select
        a.user_id, a.day,
        (to_jsonb(y) || to_jsonb(s) || jsonb_build_object(
            'finished_30', f.finished, 'begun_30', f.begun, 'finished_share_30', f.finished / nullif(greatest(f.finished, f.begun), 0),
            'days_since_active', coalesce(y.days_since_active, s.days_since_joined))) - 'user_id'
    from asked a
    join tendril.activity_signals(risk_signals.users, risk_signals.days) y on y.user_id = a.user_id
    join tendril.service_signals(risk_signals.users, risk_signals.days) s on s.user_id = a.user_id
    join finishing f on f.user_id = a.user_id;
$$;
