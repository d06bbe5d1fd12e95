-- Gives the sequence of one step that a broadcast's messages are enrolled in; the description makes each broadcast's version its
-- own, also when two say the same; changes nothing.
create or replace function tendril.broadcast_definition(broadcast tendril.broadcasts)
returns jsonb
language sql stable
set search_path = ''
as $$
    select jsonb_build_object(
        'name', 'broadcast', 'title', 'News', 'description', 'Broadcast ' || broadcast_definition.broadcast.id,
        'message_class', 'announcement',
        -- what only a broadcast has, so that nobody starts it by hand
        'context', jsonb_build_array('broadcast'),
        'steps', jsonb_build_array(jsonb_build_object(
            'position', 1, 'name', 'message', 'after', '0 seconds', 'anchor', 'enrollment', 'channels', jsonb_build_array('telegram', 'email'),
            'fallback', 'on_failure', 'stale_after', '3 days', 'content', broadcast_definition.broadcast.content)));
$$;
