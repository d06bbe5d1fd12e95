-- Acts on the answers under reminders among these behavior events: meeting_declined gives the place back, meeting_accepted takes
-- it again. What was recorded before is not acted on once more.
create or replace function tendril.heed_answers(behavior_events jsonb, at timestamptz default tendril.clock())
returns void
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    answer record;
begin
    for answer in
        select b.type, b.user_id, e.id as event_id
        from jsonb_to_recordset(heed_answers.behavior_events) as b (event_id text, user_id uuid, type text, metadata jsonb)
        join tendril.message_deliveries d on d.user_id = b.user_id and d.tracking_id = case
            when b.metadata ->> 'tracking_id' ~ '^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$' then (b.metadata ->> 'tracking_id')::uuid end
        join tendril.enrollments r on r.id = d.enrollment_id and r.sequence = 'meeting_reminder'
        join tendril.events e on e.id = (r.context ->> 'event_id')::bigint
        where b.type in ('meeting_accepted', 'meeting_declined')
            and e.cancelled_at is null and e.starts_at + e.duration > heed_answers.at
            and (e.pod_id is null or exists (
                select from tendril.pod_members m where m.pod_id = e.pod_id and m.user_id = b.user_id and m.left_at is null))
            and not exists (select from tendril.behavior_keys past where past.event_id = b.event_id)
        order by e.id
    loop
        if answer.type = 'meeting_declined' then
            perform tendril.cancel_registration(answer.event_id, answer.user_id, 'reminder', heed_answers.at);
        else
            perform tendril.register_for_event(answer.event_id, answer.user_id, 'reminder', heed_answers.at);
        end if;
    end loop;
end;
$$;
