-- Finds people by what their names, username or external id begin with, by email address, Telegram id or id; or all of a kind:
-- new (this week), inactive (seven days), unreachable, admins. A page of them, and whether there are more; changes nothing.
create or replace function tendril.search_users(
    query text default '', kind text default null, page_size int default 8, skip int default 0, at timestamptz default tendril.clock()
)
returns jsonb
language plpgsql stable
set search_path = ''
as $$
#variable_conflict use_column
declare
    -- Beyond so many the order says nothing any more: the question was too general.
    most constant int := 500;
    found_ids uuid[];
begin
    found_ids := case search_users.kind
        when 'new' then array(
            select u.id from tendril.users u where u.created_at > search_users.at - interval '7 days' and u.deleted_at is null
            order by u.created_at desc, u.id limit most)
        when 'inactive' then array(
            select u.id from tendril.users u where u.last_active_at <= search_users.at - interval '7 days' and u.deleted_at is null
            order by u.last_active_at desc, u.id limit most)
        when 'unreachable' then array(
            select distinct closed.user_id from tendril.contact_points closed
            where closed.state in ('unreachable', 'suppressed') and not exists (
                select from tendril.contact_points c where c.user_id = closed.user_id and c.state = 'active')
            order by closed.user_id limit most)
        when 'admins' then array(select a.user_id from tendril.list_admins() a)
        else tendril.users_called(search_users.query, most)
    end;
    return (
        select jsonb_build_object(
            'at', search_users.at, 'most', most, 'count', cardinality(found_ids), 'has_more', cardinality(found_ids) > search_users.skip + search_users.page_size,
            'people', coalesce(jsonb_agg(jsonb_build_object(
                'id', u.id, 'name', tendril.full_name(u), 'username', u.username, 'roles', u.roles,
                'created_at', u.created_at, 'last_active_at', u.last_active_at,
                'channels', array(
                    select c.channel from tendril.contact_points c where c.user_id = u.id and c.state = 'active' order by c.id)) order by f.place), '[]'))
        from unnest(found_ids[search_users.skip + 1 : search_users.skip + search_users.page_size]) with ordinality f(id, place)
        join tendril.users u on u.id = f.id);
end;
$$;
