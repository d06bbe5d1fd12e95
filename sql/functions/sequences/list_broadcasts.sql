-- Lists broadcasts, newest first, each with what became of it; changes nothing.
create or replace function tendril.list_broadcasts(limit_to int default 10, before_id bigint default null)
returns jsonb
language sql stable
set search_path = ''
as $$
    select coalesce(jsonb_agg(tendril.describe_broadcast(b.id) order by b.id desc), '[]')
    from (
        select b.id from tendril.broadcasts b
        where list_broadcasts.before_id is null or b.id < list_broadcasts.before_id
        order by b.id desc limit list_broadcasts.limit_to
    ) b;
$$;
