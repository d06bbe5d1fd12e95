-- A user's own commitment, locked together with what was planned for them; one of somebody else's is not found.
create or replace function tendril.find_commitment(user_id uuid, commitment_id bigint)
returns tendril.commitments
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    found_commitment tendril.commitments;
begin
    perform tendril.lock_runs(array[find_commitment.user_id]);
    select c.* into found_commitment from tendril.commitments c
    where c.id = find_commitment.commitment_id and c.user_id = find_commitment.user_id for update;
    if not found then
        raise exception 'no commitment %', find_commitment.commitment_id using errcode = 'TN404', detail = 'commitment_id';
    end if;
    return found_commitment;
end;
$$;
