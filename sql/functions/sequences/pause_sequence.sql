-- Holds a sequence for everybody: what is due waits, and nobody begins it by what they do. Says what waits.
create or replace function tendril.pause_sequence(sequence text, at timestamptz default tendril.clock())
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    changed boolean;
begin
    update tendril.sequences s set paused_at = pause_sequence.at where s.name = pause_sequence.sequence and s.paused_at is null;
    changed := found;
    if not changed and not exists (select from tendril.sequences s where s.name = pause_sequence.sequence) then
        raise exception 'no sequence named %', pause_sequence.sequence using errcode = 'TN404', detail = 'sequence';
    end if;
    return tendril.waiting_messages(sequence => pause_sequence.sequence) || jsonb_build_object('changed', changed);
end;
$$;
