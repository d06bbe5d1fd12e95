-- Lists users in the order of their ids, those after one of them, so many at most: all, those whom somebody may have meant by what they
-- typed, and of these those who meet a filter; changes nothing.
create or replace function tendril.list_users(typed text default null, filter jsonb default '{}', after_user uuid default null, most int default 100)
returns jsonb
language plpgsql stable
set search_path = ''
as $$
#variable_conflict use_column
declare
    -- Beyond so many, what was typed was too general.
    called uuid[] := case when btrim(list_users.typed) <> '' then tendril.users_called(list_users.typed, 500) end;
    found_ids uuid[];
begin
    execute format(
        'select array_agg(page.id order by page.id) from (select u.id from tendril.users u'
        -- a list of users has no enrollment: what a filter asks of one never holds
        ' left join tendril.enrollments e on false'
        ' where u.deleted_at is null and ($1 is null or u.id > $1) and ($2 is null or u.id = any ($2))'
        ' and %s order by u.id limit $3) page',
        tendril.compile_filter(list_users.filter)
    ) into found_ids using list_users.after_user, called, list_users.most;
    return (
        select coalesce(jsonb_agg(jsonb_build_object(
            'user_id', u.id, 'external_id', u.external_id, 'name', tendril.full_name(u), 'username', u.username, 'locale', u.locale,
            'timezone', u.timezone, 'roles', u.roles, 'attributes', u.attributes, 'source', u.source,
            'created_at', u.created_at, 'last_active_at', u.last_active_at,
            'channels', array(
                select c.channel from tendril.contact_points c where c.user_id = u.id and c.state = 'active' order by c.id)) order by u.id), '[]')
        from tendril.users u where u.id = any (found_ids));
end;
$$;
