-- Words the behavior events that say that these users have earned an achievement, in their languages; none for a quiet one. Changes
-- nothing.
create or replace function tendril.earned_events(users uuid[], achievement tendril.achievements)
returns jsonb
language sql stable
set search_path = ''
as $$
    select coalesce(jsonb_agg(jsonb_build_object(
        'event_id', concat_ws(':', 'achievement_earned', (earned_events.achievement).name, u.id), 'user_id', u.id,
        'type', 'achievement_earned', 'source', 'clock',
        'metadata', jsonb_build_object(
            'achievement', (earned_events.achievement).name, 'icon', (earned_events.achievement).icon,
            'title', tendril.in_language((earned_events.achievement).title, u.locale),
            'description', tendril.in_language((earned_events.achievement).description, u.locale)))), '[]')
    from tendril.users u where u.id = any (earned_events.users) and not (earned_events.achievement).is_quiet;
$$;
