-- What callers are told of a commitment; changes nothing.
create or replace function tendril.describe_commitment(commitment tendril.commitments)
returns jsonb
language sql immutable
set search_path = ''
as $$
    select to_jsonb(describe_commitment.commitment) - 'request' - 'user_id' - 'lapses_at';
$$;
