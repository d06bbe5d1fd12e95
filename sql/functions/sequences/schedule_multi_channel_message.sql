-- Schedules one message to one user over the given channels, in order of preference: an enrollment in the sequence
-- "direct_message". The same key schedules it once.
create or replace function tendril.schedule_multi_channel_message(
    user_id uuid, body text, subject text default null, channels text[] default null, scheduled_at timestamptz default null,
    message_class text default 'announcement', key text default null, at timestamptz default tendril.clock()
)
returns jsonb
language plpgsql
set search_path = ''
-- The checks of foreign keys are planned while the tables are still small, and those plans kept.
set enable_seqscan = off
as $$
#variable_conflict use_column
declare
    message_key text := coalesce(schedule_multi_channel_message.key, gen_random_uuid()::text);
    version bigint := (select s.current_version_id from tendril.sequences s where s.name = 'direct_message');
    start timestamptz := coalesce(schedule_multi_channel_message.scheduled_at, schedule_multi_channel_message.at);
    scheduled bigint;
begin
    if coalesce(btrim(schedule_multi_channel_message.body), '') = '' then
        raise exception 'a message needs a text' using errcode = 'TN422', detail = 'body';
    elsif schedule_multi_channel_message.message_class not in ('transactional', 'sequence', 'announcement', 'reminder') then
        raise exception 'there is no message class "%"', schedule_multi_channel_message.message_class using errcode = 'TN422', detail = 'message_class';
    elsif not coalesce(schedule_multi_channel_message.channels, array['telegram']) <@ array['telegram', 'email', 'sms', 'push', 'in_app'] then
        raise exception 'there is no such channel' using errcode = 'TN422', detail = 'channels';
    elsif version is null then
        raise exception 'the sequence "direct_message" is not published' using errcode = 'TN404', detail = 'sequence';
    elsif not exists (select from tendril.users u where u.id = schedule_multi_channel_message.user_id and u.deleted_at is null) then
        raise exception 'no user %', schedule_multi_channel_message.user_id using errcode = 'TN404', detail = 'user';
    end if;
    select e.id into scheduled from tendril.enrollments e
    where e.user_id = schedule_multi_channel_message.user_id and e.sequence = 'direct_message' and e.key = message_key;
    if scheduled is null then
        insert into tendril.enrollments (
            user_id, sequence, version_id, key, context, source, channels, message_class, stepped_at, anchor_at, enrolled_at)
        values (
            schedule_multi_channel_message.user_id, 'direct_message', version, message_key,
            jsonb_strip_nulls(jsonb_build_object('subject', schedule_multi_channel_message.subject, 'body', schedule_multi_channel_message.body)),
            'direct', schedule_multi_channel_message.channels, schedule_multi_channel_message.message_class, start, start,
            schedule_multi_channel_message.at)
        on conflict (user_id, sequence, key) where status in ('active', 'paused') do nothing
        returning id into scheduled;
        perform tendril.plan_next_steps(array[scheduled], schedule_multi_channel_message.at);
    end if;
    return (
        select jsonb_build_object('enrollment_id', e.id, 'key', e.key, 'status', e.status, 'scheduled_at', start)
        from tendril.enrollments e
        where e.user_id = schedule_multi_channel_message.user_id and e.sequence = 'direct_message' and e.key = message_key
        order by e.id limit 1);
end;
$$;
