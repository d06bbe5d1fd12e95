-- Changes what a user prefers, key by key, and looks again at what is held for them and when their next step is due; gives the
-- preferences as they are then.
create or replace function tendril.set_preferences(user_id uuid, changes jsonb, at timestamptz default tendril.clock())
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    wanted record;
begin
    perform tendril.lock_runs(array[set_preferences.user_id]);
    for wanted in select c.key, c.value from jsonb_each_text(set_preferences.changes) c loop
        perform tendril.set_preference(set_preferences.user_id, wanted.key, wanted.value, set_preferences.at);
    end loop;
    update tendril.message_deliveries d
    set next_attempt_at = greatest(d.scheduled_at, least(d.next_attempt_at, set_preferences.at))
    where d.user_id = set_preferences.user_id and d.delivery_status = 'pending'
        and d.reason in ('quiet_hours', 'user_paused', 'frequency_cap');
    if set_preferences.changes ?| array['timezone', 'preferred_time'] then
        perform tendril.replan_steps(array(
            select e.id from tendril.enrollments e where e.user_id = set_preferences.user_id and e.status = 'active'));
    end if;
    return tendril.get_preferences(set_preferences.user_id);
end;
$$;
