-- Makes or refreshes the user of a Telegram account and opens their chat as an address we may write to. Where nobody may be made,
-- a stranger gets null.
create or replace function tendril.register_telegram_user(
    telegram_id bigint, first_name text default null, last_name text default null, username text default null,
    language_code text default null, source text default null, may_be_new boolean default true,
    at timestamptz default tendril.clock()
)
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    chat tendril.contact_points;
    new_user uuid;
begin
    -- The person before the address, as everywhere.
    perform from tendril.users u
    where u.id = (
        select c.user_id from tendril.contact_points c
        where c.channel = 'telegram' and c.address = register_telegram_user.telegram_id::text and c.state <> 'unverified')
    for no key update;
    select c.* into chat from tendril.contact_points c
    where c.channel = 'telegram' and c.address = register_telegram_user.telegram_id::text and c.state <> 'unverified' for update;
    if not found and not register_telegram_user.may_be_new then
        return null;
    elsif not found then
        insert into tendril.users (first_name, last_name, username, locale, locale_follows_telegram, source, last_active_at, created_at)
        values (register_telegram_user.first_name, register_telegram_user.last_name, register_telegram_user.username,
            register_telegram_user.language_code, true, register_telegram_user.source, register_telegram_user.at, register_telegram_user.at)
        returning id into new_user;
        insert into tendril.contact_points (user_id, channel, address, state, verified_at, created_at)
        values (new_user, 'telegram', register_telegram_user.telegram_id::text, 'active', register_telegram_user.at, register_telegram_user.at)
        on conflict (channel, address) where state <> 'unverified' do nothing;
        if found then
            insert into tendril.user_preferences (user_id) values (new_user);
            return tendril.describe_person(new_user, register_telegram_user.at) || jsonb_build_object('is_new', true, 'came_back', false);
        end if;
        -- The same account came in over another connection in this very moment.
        delete from tendril.users u where u.id = new_user;
        select c.* into chat from tendril.contact_points c
        where c.channel = 'telegram' and c.address = register_telegram_user.telegram_id::text and c.state <> 'unverified' for update;
    end if;
    perform from tendril.users u where u.id = chat.user_id for no key update;
    if not found then
        raise exception 'this chat has just become somebody else''s' using errcode = 'serialization_failure',
            hint = 'Try again: who loses a race begins anew.';
    end if;
    update tendril.users u
    set first_name = coalesce(u.chosen_name, register_telegram_user.first_name, u.first_name),
        last_name = coalesce(register_telegram_user.last_name, u.last_name),
        username = coalesce(register_telegram_user.username, u.username),
        locale = case when u.locale_follows_telegram or u.locale is null
            then coalesce(register_telegram_user.language_code, u.locale) else u.locale end,
        last_active_at = greatest(u.last_active_at, register_telegram_user.at)
    where u.id = chat.user_id;
    update tendril.contact_points c set state = 'active', state_reason = null
    where c.id = chat.id and (c.state = 'unreachable' or c.state_reason = 'unblocked');
    -- Telegram tells of the unblocking before it brings what they wrote.
    return tendril.describe_person(chat.user_id, register_telegram_user.at) || jsonb_build_object('is_new', false,
        'came_back', chat.state = 'unreachable' or coalesce(chat.state_reason = 'unblocked', false));
end;
$$;
