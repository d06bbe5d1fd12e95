-- One of a user's own commitments; changes nothing.
create or replace function tendril.get_commitment(user_id uuid, commitment_id bigint)
returns jsonb
language plpgsql stable
set search_path = ''
as $$
#variable_conflict use_column
declare
    commitment tendril.commitments;
begin
    select c.* into commitment from tendril.commitments c
    where c.id = get_commitment.commitment_id and c.user_id = get_commitment.user_id;
    if not found then
        raise exception 'no commitment %', get_commitment.commitment_id using errcode = 'TN404', detail = 'commitment_id';
    end if;
    return tendril.describe_commitment(commitment);
end;
$$;
