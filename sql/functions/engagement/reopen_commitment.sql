-- Takes back that a commitment was done or dropped: it is open again, and so is its follow-up. Says the commitment, and whether
-- this was news.
create or replace function tendril.reopen_commitment(user_id uuid, commitment_id bigint, at timestamptz default tendril.clock())
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    commitment tendril.commitments := tendril.find_commitment(reopen_commitment.user_id, reopen_commitment.commitment_id);
    is_news boolean := commitment.status in ('done', 'dropped');
begin
    if is_news then
        update tendril.commitments c set status = 'open', completed_at = null, completed_day = null
        where c.id = commitment.id returning c.* into commitment;
        -- it was a slip of the finger, so it did not happen
        perform tendril.take_back_behavior(array['commitment_completed:' || commitment.id]);
        perform tendril.start_commitment_followup(commitment, reopen_commitment.at);
    end if;
    return tendril.describe_commitment(commitment) || jsonb_build_object('is_news', is_news);
end;
$$;
