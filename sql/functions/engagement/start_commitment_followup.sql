-- Begins the follow-up of a commitment, where the catalogue has one; a follow-up that runs already is left alone.
create or replace function tendril.start_commitment_followup(commitment tendril.commitments, at timestamptz default tendril.clock())
returns void
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
begin
    if exists (select from tendril.sequences s where s.name = 'commitment_followup' and s.archived_at is null and s.current_version_id is not null) then
        perform tendril.enroll(
            (start_commitment_followup.commitment).user_id, 'commitment_followup', 'commitment:' || (start_commitment_followup.commitment).id,
            tendril.commitment_context(start_commitment_followup.commitment, start_commitment_followup.at), 'commitment',
            start_commitment_followup.at);
    end if;
end;
$$;
