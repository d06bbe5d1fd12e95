-- Keeps what an admin says of a task: done, not_needed, or later, which is to be told of it once more tomorrow. Tells of it.
create or replace function tendril.decide_outreach(task_id bigint, answer text, actor text, at timestamptz default tendril.clock())
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    task tendril.outreach_tasks;
begin
    select * into task from tendril.outreach_tasks t where t.id = decide_outreach.task_id for update;
    if not found then
        raise exception 'no task %', decide_outreach.task_id using errcode = 'TN404', detail = 'task_id';
    elsif decide_outreach.answer not in ('done', 'not_needed', 'later') then
        raise exception '% is no answer', decide_outreach.answer using errcode = 'TN422', detail = 'answer', hint = 'Say done, not_needed or later.';
    elsif task.status <> 'open' and task.status is distinct from decide_outreach.answer then
        raise exception 'the task is over already: %', task.status using errcode = 'TN409', detail = 'answer';
    elsif task.status = 'open' then
        update tendril.outreach_tasks t
        set status = case decide_outreach.answer when 'later' then 'open' else decide_outreach.answer end,
            tell_at = case decide_outreach.answer when 'later' then decide_outreach.at + interval '1 day' else t.tell_at end,
            decided_by = case when decide_outreach.answer <> 'later' then decide_outreach.actor end,
            decided_at = case when decide_outreach.answer <> 'later' then decide_outreach.at end
        where t.id = task.id
        returning * into task;
        perform tendril.record_audit(
            decide_outreach.actor, 'outreach.' || decide_outreach.answer, task.user_id::text, jsonb_build_object('task_id', task.id), decide_outreach.at);
    end if;
    return tendril.describe_outreach(task);
end;
$$;
