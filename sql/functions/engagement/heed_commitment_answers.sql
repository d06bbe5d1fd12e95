-- Does what was answered under a commitment's follow-up: commitment_done marks the commitment of that message as done,
-- commitment_let_go drops it. An answer under somebody else's message changes nothing.
create or replace function tendril.heed_commitment_answers(events jsonb, at timestamptz default tendril.clock())
returns void
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    answer record;
begin
    perform tendril.lock_runs(array(
        select g.user_id from jsonb_to_recordset(heed_commitment_answers.events) as g (user_id uuid, type text)
        where g.type in ('commitment_done', 'commitment_let_go')));
    for answer in
        select g.type, g.user_id, g.source, (e.context ->> 'commitment_id')::bigint as commitment_id
        from jsonb_to_recordset(heed_commitment_answers.events) as g (user_id uuid, type text, source text, metadata jsonb)
        join tendril.message_deliveries d on d.tracking_id = case
            when g.metadata ->> 'tracking_id' ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then (g.metadata ->> 'tracking_id')::uuid end
        join tendril.enrollments e on e.id = d.enrollment_id and e.user_id = g.user_id and e.sequence = 'commitment_followup'
        where g.type in ('commitment_done', 'commitment_let_go')
        order by g.user_id, d.id
    loop
        if answer.type = 'commitment_done' then
            perform tendril.complete_commitment(answer.user_id, answer.commitment_id, coalesce(answer.source, 'api'), heed_commitment_answers.at);
        else
            perform tendril.drop_commitment(answer.user_id, answer.commitment_id, heed_commitment_answers.at);
        end if;
    end loop;
end;
$$;
