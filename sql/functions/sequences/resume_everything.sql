-- Lets go on what was held when everything was paused, at once. Says how many messages those are.
create or replace function tendril.resume_everything(at timestamptz default tendril.clock())
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    changed boolean;
    released int;
begin
    delete from tendril.service_pauses;
    changed := found;
    -- A claim that judges some of them in this moment still sees the pause, and would hold them for minutes: it is waited for.
    perform from tendril.message_deliveries d
    where d.delivery_status = 'pending'
        and (d.reason = 'everything_paused' or d.next_attempt_at <= resume_everything.at + interval '1 minute')
    order by d.id for no key update;
    update tendril.message_deliveries d set next_attempt_at = least(d.next_attempt_at, resume_everything.at)
    where d.delivery_status = 'pending' and d.reason = 'everything_paused';
    get diagnostics released = row_count;
    if changed then
        perform tendril.wake_batches(array(select b.channel from tendril.send_budgets b where b.paused_reason is null), resume_everything.at);
    end if;
    return jsonb_build_object('changed', changed, 'messages', released);
end;
$$;
