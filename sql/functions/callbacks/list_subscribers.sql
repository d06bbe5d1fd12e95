-- Lists subscribers in the order in which they came, so many after one of them; changes nothing.
create or replace function tendril.list_subscribers(after bigint default null, batch int default 100)
returns setof jsonb
language sql stable
set search_path = ''
as $$
    select tendril.describe_subscriber(s.id)
    from tendril.callback_subscribers s
    where s.id > coalesce(list_subscribers.after, 0)
    order by s.id limit list_subscribers.batch;
$$;
