-- Lists the tasks that are open, or those that are over, the oldest first, with about whom they are and why; changes nothing.
create or replace function tendril.list_outreach(is_open boolean default true, limit_to int default 100, after_id bigint default null)
returns jsonb
language sql stable
set search_path = ''
as $$
    select coalesce(jsonb_agg(tendril.describe_outreach(t) order by t.id), '[]')
    from (
        select * from tendril.outreach_tasks t
        where (t.status = 'open') = list_outreach.is_open and (list_outreach.after_id is null or t.id > list_outreach.after_id)
        order by t.id limit list_outreach.limit_to
    ) t;
$$;
