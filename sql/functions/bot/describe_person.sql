-- What the conversation has to know of somebody who writes: their language, zone, roles, and the question they were asked;
-- changes nothing.
create or replace function tendril.describe_person(user_id uuid, at timestamptz default tendril.clock())
returns jsonb
language sql stable
set search_path = ''
as $$
    select jsonb_build_object(
        'user_id', u.id, 'first_name', u.first_name, 'locale', u.locale, 'timezone', u.timezone, 'roles', to_jsonb(u.roles),
        'dialogue', (
            select jsonb_build_object('name', d.name, 'state', d.state) from tendril.dialogues d
            where d.user_id = u.id and d.expires_at > describe_person.at))
    from tendril.users u where u.id = describe_person.user_id;
$$;
