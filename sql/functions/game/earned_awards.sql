-- Gives what these behavior events earn by the game's rules, before any cap, and whether they keep a streak, on the day of the user's
-- calendar; changes nothing.
create or replace function tendril.earned_awards(behavior_events tendril.behavior_events[])
returns table (
    user_id uuid, award_key text, action text, xp int, daily_cap int, total_cap int, is_act boolean, day date, behavior_event_id bigint,
    earned_at timestamptz
)
language plpgsql stable
set search_path = ''
as $$
#variable_conflict use_column
begin
    return query
    select
        b.user_id, a.action || ':' || b.event_id, a.action, a.xp, a.daily_cap, a.total_cap,
        -- what the clock noticed or an admin wrote down is nothing that the user did
        a.keeps_streak and b.source not in ('clock', 'admin'),
        (b.occurred_at at time zone u.timezone)::date, b.id, b.occurred_at
    from (
        select b as event, a as rule from unnest(earned_awards.behavior_events) b
        join tendril.xp_actions a on a.event_type = b.type and b.metadata @> a.condition
        union all
        select b, a from unnest(earned_awards.behavior_events) b
        join tendril.xp_actions a on a.action = b.metadata ->> 'action' where b.type = 'xp_awarded'
    ) e
    cross join lateral (select (e.event).*) b
    cross join lateral (select (e.rule).*) a
    -- each by its key, whatever number of people the plan was made for
    cross join lateral (select w.timezone from tendril.users w where w.id = b.user_id and w.deleted_at is null offset 0) u;
end;
$$;
