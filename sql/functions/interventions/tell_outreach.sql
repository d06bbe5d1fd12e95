-- Tells admins of the tasks that they are to be told of now, at once, after a day and after three, and gives how many. Where there is no
-- admin to tell, the tasks wait.
create or replace function tendril.tell_outreach(at timestamptz default tendril.clock())
returns int
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    admins uuid[] := array(select a.id from tendril.users_to_alert() as a (id));
    due bigint[];
begin
    if not exists (select from tendril.outreach_tasks t where t.status = 'open' and t.tell_at <= tell_outreach.at) then
        return 0;
    elsif cardinality(admins) = 0
        or not exists (select from tendril.sequences s where s.name = 'outreach_task' and s.current_version_id is not null) then
        update tendril.outreach_tasks t set tell_at = tell_outreach.at + interval '10 minutes' where t.status = 'open' and t.tell_at <= tell_outreach.at;
        return 0;
    end if;
    with told as (
        update tendril.outreach_tasks t
        set times_told = t.times_told + 1, tell_at = case t.times_told
            when 0 then tell_outreach.at + interval '1 day' when 1 then tell_outreach.at + interval '2 days' else 'infinity' end
        where t.id in (
            select o.id from tendril.outreach_tasks o where o.status = 'open' and o.tell_at <= tell_outreach.at order by o.id for update skip locked)
        returning t.id
    )
    select coalesce(array_agg(id order by id), '{}') into due from told;
    perform tendril.enroll(
        admin.id, 'outreach_task', concat_ws(':', 'outreach', t.id, t.times_told),
        tendril.outreach_context(t), 'outreach', tell_outreach.at)
    from tendril.outreach_tasks t cross join unnest(admins) as admin (id)
    where t.id = any (due);
    return cardinality(due);
end;
$$;
