-- Tells of the task that a message to an admin was about; changes nothing.
create or replace function tendril.outreach_of_message(tracking_id uuid)
returns jsonb
language sql stable
set search_path = ''
as $$
    select tendril.describe_outreach(t)
    from tendril.message_deliveries d
    join tendril.enrollments e on e.id = d.enrollment_id and e.sequence = 'outreach_task'
    join tendril.outreach_tasks t on t.id = (e.context ->> 'task_id')::bigint
    where d.tracking_id = outreach_of_message.tracking_id;
$$;
