-- Leaves the message in an admin's chat that showed how far a broadcast had come as it is from now on.
create or replace function tendril.hide_broadcast(user_id uuid)
returns void
language sql
set search_path = ''
as $$
    delete from tendril.broadcast_views v where v.user_id = hide_broadcast.user_id;
$$;
