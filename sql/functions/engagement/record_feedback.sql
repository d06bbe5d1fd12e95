-- Keeps what somebody tells us of this service, once per request, and lets the admins know of it where the catalogue has a sequence
-- for that (feedback_received). Says its number.
create or replace function tendril.record_feedback(user_id uuid, text text, request text default null, at timestamptz default tendril.clock())
returns bigint
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    feedback_id bigint;
    words text := btrim(coalesce(record_feedback.text, ''));
begin
    if length(words) not between 1 and 4096 then
        raise exception 'feedback has 1 to 4096 characters' using errcode = 'TN422', detail = 'text';
    end if;
    insert into tendril.feedback (user_id, text, request, at)
    values (record_feedback.user_id, words, record_feedback.request, record_feedback.at)
    on conflict (request) do nothing
    returning id into feedback_id;
    if feedback_id is null then
        return (select f.id from tendril.feedback f where f.request = record_feedback.request);
    end if;
    perform tendril.record_behavior_events(jsonb_build_array(jsonb_build_object(
        'event_id', concat_ws(':', 'feedback_given', feedback_id), 'user_id', record_feedback.user_id, 'type', 'feedback_given',
        'source', 'telegram', 'metadata', jsonb_build_object('feedback_id', feedback_id))), record_feedback.at);
    perform tendril.enroll(
        admin.id, s.name, 'feedback:' || feedback_id,
        jsonb_build_object('feedback_id', feedback_id, 'text', words, 'name', coalesce(u.first_name, '')), 'feedback', record_feedback.at)
    from tendril.sequences s
    join tendril.users u on u.id = record_feedback.user_id
    cross join tendril.users_to_alert() as admin (id)
    where s.name = 'feedback_received' and s.archived_at is null and s.current_version_id is not null;
    return feedback_id;
end;
$$;
