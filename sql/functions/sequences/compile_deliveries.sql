-- Compiles what is asked of the messages that a user got, of one sequence or of all: how many were sent (or as "$status" says), or
-- when the last was; changes nothing.
create or replace function tendril.compile_deliveries(sequence text, wanted jsonb, path text)
returns text
language plpgsql immutable
set search_path = ''
as $$
#variable_conflict use_column
declare
    status text := case when jsonb_typeof(compile_deliveries.wanted) = 'object' then coalesce(compile_deliveries.wanted ->> '$status', 'sent') end;
    moment text := case status
        when 'sent' then 'd.sent_at'
        when 'opened' then 'coalesce(d.opened_at, d.clicked_at)'
        when 'clicked' then 'd.clicked_at'
        when 'failed' then 'd.failed_at'
    end;
begin
    if status is not null and moment is null then
        perform tendril.refuse_filter(compile_deliveries.path || '.$status', 'takes one of sent, opened, clicked, failed');
    end if;
    return tendril.compile_occurrences(
        format('tendril.message_deliveries d where d.user_id = u.id and %s is not null', moment)
        || case when compile_deliveries.sequence = '' then '' else format(' and d.sequence_type = %L', compile_deliveries.sequence) end,
        moment, case when status is null then compile_deliveries.wanted else compile_deliveries.wanted - '$status' end, compile_deliveries.path);
end;
$$;
