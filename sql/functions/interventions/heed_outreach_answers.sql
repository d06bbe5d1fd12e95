-- Does what an admin answered under the message of a task: outreach_done, outreach_not_needed or outreach_later. An answer of somebody who is
-- no admin any more, or about a task that is over, changes nothing.
create or replace function tendril.heed_outreach_answers(events jsonb, at timestamptz default tendril.clock())
returns void
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    answer record;
begin
    for answer in
        select distinct on (task_id) (e.context ->> 'task_id')::bigint as task_id, substr(g.type, length('outreach_') + 1) as says,
            coalesce('telegram:' || c.address, 'user:' || u.id) as actor
        from jsonb_to_recordset(heed_outreach_answers.events) as g (user_id uuid, type text, metadata jsonb)
        join tendril.users u on u.id = g.user_id and u.roles && array['admin', 'owner']
        left join tendril.contact_points c on c.user_id = u.id and c.channel = 'telegram' and c.state <> 'unverified'
        join tendril.message_deliveries d on d.user_id = g.user_id and d.tracking_id::text = g.metadata ->> 'tracking_id'
        join tendril.enrollments e on e.id = d.enrollment_id and e.sequence = 'outreach_task'
        where g.type in ('outreach_done', 'outreach_not_needed', 'outreach_later')
        order by task_id
    loop
        perform from tendril.outreach_tasks t where t.id = answer.task_id and t.status = 'open' for update;
        if found then
            perform tendril.decide_outreach(answer.task_id, answer.says, answer.actor, heed_outreach_answers.at);
        end if;
    end loop;
end;
$$;
