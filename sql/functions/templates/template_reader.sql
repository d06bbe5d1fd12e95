-- A user as templates see them, by any reference, with how engaged they are; changes nothing.
create or replace function tendril.template_reader(reference text, at timestamptz default tendril.clock())
returns jsonb
language sql
stable
set search_path = ''
as $$
    select jsonb_build_object(
        'id', u.id, 'first_name', u.first_name, 'last_name', u.last_name, 'username', u.username, 'locale', u.locale,
        'timezone', u.timezone, 'attributes', u.attributes, 'engagement', tendril.engagement_level(u.id, template_reader.at),
        'profile', (select r.known from tendril.profiles r where r.user_id = u.id))
    from tendril.users u
    where u.id = (tendril.find_user(template_reader.reference) ->> 'id')::uuid;
$$;
