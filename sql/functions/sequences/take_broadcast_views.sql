-- Gives the messages in admins' chats that no longer say how far their broadcast has come, each at most once in two seconds, and
-- takes them to be up to date from then on; one whose broadcast is over is given for the last time.
create or replace function tendril.take_broadcast_views(at timestamptz default tendril.clock())
returns table (user_id uuid, chat_id bigint, message_id bigint, locale text, timezone text, roles text[], broadcast jsonb)
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
begin
    return query
    with due as (
        select v.user_id, v.broadcast_id from tendril.broadcast_views v
        where v.is_live and v.shown_at <= take_broadcast_views.at - interval '2 seconds'
        for update skip locked
    ), figures as (
        select t.broadcast_id, tendril.describe_broadcast(t.broadcast_id, take_broadcast_views.at) as broadcast
        from (select distinct due.broadcast_id from due) t
    ), taken as (
        update tendril.broadcast_views v
        set shown = f.broadcast, shown_at = take_broadcast_views.at,
            is_live = f.broadcast ->> 'ended_at' is null or f.broadcast ->> 'change' is not null and f.broadcast ->> 'change_ended_at' is null
        from due join figures f using (broadcast_id)
        where v.user_id = due.user_id and v.shown - 'at' is distinct from f.broadcast - 'at'
        returning v.user_id, v.chat_id, v.message_id, v.shown
    )
    select t.user_id, t.chat_id, t.message_id, u.locale, u.timezone, u.roles, t.shown
    from taken t join tendril.users u on u.id = t.user_id;
end;
$$;
