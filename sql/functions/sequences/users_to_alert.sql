-- Lists the admins and owners who want to be told of alerts and feedback; changes nothing.
create or replace function tendril.users_to_alert()
returns setof uuid
language sql stable
set search_path = ''
as $$
    select u.id from tendril.users u
    where u.roles && array['admin', 'owner'] and u.deleted_at is null
        and not exists (select from tendril.alert_mutes m where m.user_id = u.id)
    order by u.id;
$$;
