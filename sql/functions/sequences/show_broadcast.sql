-- Remembers which message in an admin's chat shows how far a broadcast has come: it is kept up to date from now on, and the one
-- before no longer is.
create or replace function tendril.show_broadcast(
    user_id uuid, broadcast_id bigint, chat_id bigint, message_id bigint, at timestamptz default tendril.clock()
)
returns void
language sql
set search_path = ''
as $$
    insert into tendril.broadcast_views as v (user_id, broadcast_id, chat_id, message_id, shown_at)
    values (show_broadcast.user_id, show_broadcast.broadcast_id, show_broadcast.chat_id, show_broadcast.message_id, show_broadcast.at)
    on conflict (user_id) do update
    set broadcast_id = excluded.broadcast_id, chat_id = excluded.chat_id, message_id = excluded.message_id, shown = null,
        shown_at = excluded.shown_at, is_live = true;
$$;
