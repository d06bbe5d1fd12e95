-- Tells subscribers that somebody wants less: no more of a channel, of a sequence, of a kind of message, or of everything. The key
-- makes sure that it is told once.
create or replace function tendril.announce_unsubscribe(
    user_id uuid, scope text, key text, details jsonb default '{}', at timestamptz default tendril.clock()
)
returns void
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
begin
    if tendril.is_anybody_told() then
        perform tendril.announce(jsonb_build_array(jsonb_build_object(
            'key', concat_ws(':', 'user.unsubscribed', announce_unsubscribe.scope, announce_unsubscribe.key), 'type', 'user.unsubscribed',
            'user_id', announce_unsubscribe.user_id, 'occurred_at', announce_unsubscribe.at,
            'details', jsonb_strip_nulls(jsonb_build_object('scope', announce_unsubscribe.scope) || announce_unsubscribe.details))),
            announce_unsubscribe.at);
    end if;
end;
$$;
