-- Marks a commitment as done, late or not, once: ends its follow-up and records commitment_completed. Says the commitment, whether
-- this was news, and the streak.
create or replace function tendril.complete_commitment(
    user_id uuid, commitment_id bigint, source text default 'telegram', at timestamptz default tendril.clock()
)
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    commitment tendril.commitments := tendril.find_commitment(complete_commitment.user_id, complete_commitment.commitment_id);
    is_news boolean := commitment.status in ('open', 'missed');
begin
    if is_news then
        update tendril.commitments c
        set status = 'done', completed_at = complete_commitment.at, completed_day = (complete_commitment.at at time zone u.timezone)::date
        from tendril.users u where c.id = commitment.id and u.id = c.user_id
        returning c.* into commitment;
        perform tendril.end_commitment_followup(commitment, complete_commitment.at);
        perform tendril.record_behavior_events(
            jsonb_build_array(tendril.commitment_event('commitment_completed', commitment, complete_commitment.source)), complete_commitment.at);
    end if;
    return tendril.describe_commitment(commitment)
        || jsonb_build_object('is_news', is_news, 'streak', tendril.streak_of(commitment.user_id, complete_commitment.at));
end;
$$;
