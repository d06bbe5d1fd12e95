-- Makes a user, or brings the one with the same external id up to date; an email address given here counts as proved, because
-- whoever imports it vouches for the consent.
create or replace function tendril.create_user(
    external_id text default null, first_name text default null, last_name text default null, email_address text default null,
    locale text default null, timezone text default null, attributes jsonb default '{}', source text default 'api',
    at timestamptz default tendril.clock()
)
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    target uuid;
    is_new boolean;
    address text := lower(btrim(create_user.email_address));
begin
    perform tendril.check_time_zone(create_user.timezone);
    if jsonb_typeof(create_user.attributes) <> 'object' then
        raise exception 'attributes are an object of names and values' using errcode = 'TN422', detail = 'attributes';
    elsif address = '' then
        raise exception 'an email address is not empty' using errcode = 'TN422', detail = 'email_address';
    end if;
    insert into tendril.users as u (external_id, first_name, last_name, locale, timezone, attributes, source, created_at)
    values (create_user.external_id, create_user.first_name, create_user.last_name, create_user.locale,
        coalesce(create_user.timezone, 'UTC'), coalesce(create_user.attributes, '{}'), create_user.source, create_user.at)
    on conflict (external_id) do update
    set first_name = coalesce(excluded.first_name, u.first_name),
        last_name = coalesce(excluded.last_name, u.last_name),
        locale = coalesce(excluded.locale, u.locale),
        timezone = coalesce(create_user.timezone, u.timezone),
        attributes = u.attributes || excluded.attributes
    returning u.id, u.xmax = 0 into target, is_new;
    insert into tendril.user_preferences (user_id) values (target) on conflict do nothing;

    if address is not null and not exists (
        select from tendril.contact_points c where c.user_id = target and c.channel = 'email' and c.address = lower(btrim(create_user.email_address))
            and c.state <> 'unverified'
    ) then
        perform tendril.open_contact_point(target, 'email', address, create_user.at);
    end if;
    return jsonb_build_object('user_id', target, 'created', is_new);
end;
$$;
