-- Lets go of a commitment that is open or missed: it counts for nothing, and its follow-up ends. Says the commitment, and whether
-- this was news.
create or replace function tendril.drop_commitment(user_id uuid, commitment_id bigint, at timestamptz default tendril.clock())
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    commitment tendril.commitments := tendril.find_commitment(drop_commitment.user_id, drop_commitment.commitment_id);
    is_news boolean := commitment.status in ('open', 'missed');
begin
    if is_news then
        update tendril.commitments c set status = 'dropped' where c.id = commitment.id returning c.* into commitment;
        perform tendril.end_commitment_followup(commitment, drop_commitment.at);
    end if;
    return tendril.describe_commitment(commitment) || jsonb_build_object('is_news', is_news);
end;
$$;
