-- The behavior event that tells of a commitment, once per commitment and type, and not in what words; changes nothing.
create or replace function tendril.commitment_event(type text, commitment tendril.commitments, source text)
returns jsonb
language sql immutable
set search_path = ''
as $$
    select jsonb_build_object(
        'event_id', concat_ws(':', commitment_event.type, (commitment_event.commitment).id),
        'user_id', (commitment_event.commitment).user_id, 'type', commitment_event.type, 'source', commitment_event.source,
        'metadata', jsonb_build_object('commitment_id', (commitment_event.commitment).id));
$$;
