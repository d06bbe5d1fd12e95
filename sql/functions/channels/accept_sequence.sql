-- Takes back that a user declined a sequence: what ended by that within the last thirty days goes on where it was.
create or replace function tendril.accept_sequence(user_id uuid, sequence text, at timestamptz default tendril.clock())
returns void
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    declined_at timestamptz;
begin
    perform tendril.lock_runs(array[accept_sequence.user_id]);
    delete from tendril.sequence_opt_outs o
    where o.user_id = accept_sequence.user_id and o.sequence = accept_sequence.sequence
    returning o.at into declined_at;
    -- What would have begun meanwhile never did, and does not begin late.
    perform tendril.continue_enrollments(array(
        select distinct on (e.key) e.id
        from tendril.enrollments e
        where e.user_id = accept_sequence.user_id and e.sequence = accept_sequence.sequence
            and e.status = 'cancelled' and e.status_reason = 'sequence_declined'
            and e.enrolled_at <= declined_at and e.ended_at >= declined_at and e.ended_at > accept_sequence.at - interval '30 days'
            and not exists (
                select from tendril.enrollments other
                where other.user_id = e.user_id and other.sequence = e.sequence and other.key = e.key and other.status in ('active', 'paused'))
        order by e.key, e.id desc), accept_sequence.at);
end;
$$;
