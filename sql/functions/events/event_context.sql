-- What the messages about an event may say of it; changes nothing.
create or replace function tendril.event_context(event tendril.events)
returns jsonb
language sql stable
set search_path = ''
as $$
    select jsonb_strip_nulls(jsonb_build_object(
        'event_id', (event_context.event).id, 'kind', (event_context.event).kind, 'title', (event_context.event).title,
        'starts_at', (event_context.event).starts_at, 'join_url', (event_context.event).join_url, 'location', (event_context.event).location));
$$;
