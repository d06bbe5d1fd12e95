-- Says whether the current version of a sequence has a message that nobody may be kept from; changes nothing.
create or replace function tendril.is_transactional(sequence text)
returns boolean
language sql stable
set search_path = ''
as $$
    select exists (
        select from tendril.sequences q
        join tendril.sequence_steps s on s.version_id = q.current_version_id
        where q.name = is_transactional.sequence and s.message_class = 'transactional');
$$;
