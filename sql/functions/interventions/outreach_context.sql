-- Gives what an admin has to know of a task: about whom it is, how to reach them, and why; changes nothing.
create or replace function tendril.outreach_context(task tendril.outreach_tasks)
returns jsonb
language sql stable
set search_path = ''
as $$
    select jsonb_build_object(
        'task_id', outreach_context.task.id, 'user_id', u.id, 'name', coalesce(tendril.full_name(u), ''), 'risk', round(i.risk), 'band', i.band,
        'reasons', i.reasons, 'since', outreach_context.task.created_at, 'is_reminder', outreach_context.task.times_told > 1,
        'username', coalesce(u.username, ''),
        'telegram_id', (select c.address from tendril.contact_points c where c.user_id = u.id and c.channel = 'telegram' and c.state = 'active'),
        'email', (select c.address from tendril.contact_points c
            where c.user_id = u.id and c.channel = 'email' and c.state = 'active' and c.unsubscribed_at is null))
    from tendril.users u
    join tendril.interventions i on i.id = outreach_context.task.intervention_id
    where u.id = outreach_context.task.user_id;
$$;
