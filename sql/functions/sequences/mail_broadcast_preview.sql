-- Sends a broadcast as it is now to the address of one person by email, whatever the hour: a preview, which counts for nothing.
create or replace function tendril.mail_broadcast_preview(
    broadcast_id bigint, user_id uuid, key text, at timestamptz default tendril.clock()
)
returns void
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    shown tendril.broadcasts;
    definition jsonb;
begin
    select b.* into shown from tendril.broadcasts b where b.id = mail_broadcast_preview.broadcast_id;
    if not found then
        raise exception 'no broadcast %', mail_broadcast_preview.broadcast_id using errcode = 'TN404', detail = 'broadcast_id';
    end if;
    definition := tendril.broadcast_definition(shown) || jsonb_build_object(
        'name', 'broadcast_preview', 'title', 'A preview', 'message_class', 'transactional');
    definition := jsonb_set(definition, '{steps,0,channels}', '["email"]');
    perform tendril.publish_sequence(definition, mail_broadcast_preview.at);
    -- In the same transaction, so that nobody else's preview is the current version.
    perform tendril.enroll(
        mail_broadcast_preview.user_id, 'broadcast_preview', 'preview:' || mail_broadcast_preview.key,
        jsonb_build_object('broadcast', shown.id), 'broadcast', mail_broadcast_preview.at);
end;
$$;
