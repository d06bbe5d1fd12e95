-- Lists the people who have roles, with their Telegram id and language, owners first; changes nothing.
create or replace function tendril.list_admins()
returns table (user_id uuid, name text, username text, roles text[], telegram_id bigint, locale text)
language sql stable
set search_path = ''
as $$
    select u.id, tendril.full_name(u), u.username, u.roles, c.address::bigint, u.locale
    from tendril.users u
    left join tendril.contact_points c on c.user_id = u.id and c.channel = 'telegram' and c.state <> 'unverified'
    where u.roles <> '{}' and u.deleted_at is null
    order by 'owner' = any (u.roles) desc, 'admin' = any (u.roles) desc, u.created_at;
$$;
