-- Lets a sequence go on that was held for everybody; what waited for it is looked at again at once. Says how many messages those are.
create or replace function tendril.resume_sequence(sequence text, at timestamptz default tendril.clock())
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    changed boolean;
    released int;
begin
    update tendril.sequences s set paused_at = null where s.name = resume_sequence.sequence and s.paused_at is not null;
    changed := found;
    if not changed and not exists (select from tendril.sequences s where s.name = resume_sequence.sequence) then
        raise exception 'no sequence named %', resume_sequence.sequence using errcode = 'TN404', detail = 'sequence';
    end if;
    -- A claim that judges some of them in this moment still sees the pause, and would hold them for good: it is waited for.
    perform from tendril.message_deliveries d
    where d.delivery_status = 'pending' and d.sequence_type = resume_sequence.sequence
        and (d.reason = 'sequence_paused' or d.next_attempt_at <= resume_sequence.at + interval '1 minute')
    order by d.id for no key update;
    update tendril.message_deliveries d set next_attempt_at = resume_sequence.at
    where d.delivery_status = 'pending' and d.sequence_type = resume_sequence.sequence and d.reason = 'sequence_paused';
    get diagnostics released = row_count;
    return jsonb_build_object('changed', changed, 'messages', released);
end;
$$;
