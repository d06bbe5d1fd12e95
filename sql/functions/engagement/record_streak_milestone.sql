-- Records that a user's streak has reached 7, 14, 30, 60, 100 or 365 days (the behavior event streak_milestone): each once.
create or replace function tendril.record_streak_milestone(user_id uuid, source text, at timestamptz default tendril.clock())
returns void
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    days int := (tendril.streak_of(record_streak_milestone.user_id, record_streak_milestone.at) ->> 'days')::int;
begin
    if days in (7, 14, 30, 60, 100, 365) then
        perform tendril.record_behavior_events(jsonb_build_array(jsonb_build_object(
            'event_id', concat_ws(':', 'streak_milestone', days, record_streak_milestone.user_id),
            'user_id', record_streak_milestone.user_id, 'type', 'streak_milestone', 'source', record_streak_milestone.source,
            'metadata', jsonb_build_object('days', days))), record_streak_milestone.at);
    end if;
end;
$$;
