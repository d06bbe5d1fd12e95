-- Locks all that was planned for these users, in the order in which deliveries are sent and recorded: the deliveries, the
-- enrollments, the users themselves, each by its number. Whoever changes several of them begins with this; addresses and wishes
-- come after it.
create or replace function tendril.lock_runs(users uuid[])
returns void
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
begin
    perform from tendril.message_deliveries d where d.user_id = any (lock_runs.users) order by d.id for no key update;
    perform from tendril.enrollments e where e.user_id = any (lock_runs.users) order by e.id for no key update;
    perform from tendril.users u where u.id = any (lock_runs.users) order by u.id for no key update;
end;
$$;
