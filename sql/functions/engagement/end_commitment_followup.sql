-- Ends the follow-up of a commitment and what was planned of it.
create or replace function tendril.end_commitment_followup(commitment tendril.commitments, at timestamptz default tendril.clock())
returns void
language sql
set search_path = ''
as $$
    select tendril.cancel_enrollment(e.id, 'commitment_ended', end_commitment_followup.at)
    from tendril.enrollments e
    where e.user_id = (end_commitment_followup.commitment).user_id and e.sequence = 'commitment_followup'
        and e.key = 'commitment:' || (end_commitment_followup.commitment).id and e.status in ('active', 'paused');
$$;
