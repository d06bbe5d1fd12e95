-- Tells of a task: about whom it is, why, and what became of it; changes nothing.
create or replace function tendril.describe_outreach(task tendril.outreach_tasks)
returns jsonb
language sql stable
set search_path = ''
as $$
    select tendril.outreach_context(describe_outreach.task) - array['task_id', 'since', 'is_reminder'] || jsonb_build_object(
        'id', describe_outreach.task.id, 'intervention_id', describe_outreach.task.intervention_id, 'status', describe_outreach.task.status,
        'created_at', describe_outreach.task.created_at, 'times_told', describe_outreach.task.times_told,
        'tell_at', case when describe_outreach.task.status = 'open' then nullif(describe_outreach.task.tell_at, 'infinity') end,
        'decided_by', describe_outreach.task.decided_by, 'decided_at', describe_outreach.task.decided_at);
$$;
