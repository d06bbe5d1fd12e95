-- Ties a Telegram account to the user a one-time code was made for. What the account did before under a user of its own goes along.
create or replace function tendril.link_telegram(code text, telegram_id bigint, at timestamptz default tendril.clock())
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    ticket tendril.link_codes;
    previous uuid;
begin
    select l.* into ticket from tendril.link_codes l where l.code = btrim(link_telegram.code) for update;
    perform tendril.lock_runs(array(
        select ticket.user_id union
        select c.user_id from tendril.contact_points c
        where c.channel = 'telegram' and c.address = link_telegram.telegram_id::text and c.state <> 'unverified'));
    -- One at a time: two chats may be joining the same account.
    perform from tendril.users u where u.id = ticket.user_id for update;
    select c.user_id into previous from tendril.contact_points c
    where c.channel = 'telegram' and c.address = link_telegram.telegram_id::text and c.state <> 'unverified';
    if ticket.code is null or ticket.used_at is not null and previous is distinct from ticket.user_id then
        return jsonb_build_object('status', 'wrong_code');
    elsif ticket.used_at is not null then
        return jsonb_build_object('status', 'linked', 'user_id', ticket.user_id);
    elsif ticket.expires_at <= link_telegram.at then
        return jsonb_build_object('status', 'expired');
    end if;
    if previous is not null and previous <> ticket.user_id then
        perform from tendril.users u where u.id = previous for update;
        perform tendril.merge_users(previous, ticket.user_id, link_telegram.at);
    end if;
    perform tendril.open_contact_point(ticket.user_id, 'telegram', link_telegram.telegram_id::text, link_telegram.at);
    update tendril.link_codes l set used_at = link_telegram.at where l.code = ticket.code;
    return jsonb_build_object('status', 'linked', 'user_id', ticket.user_id);
end;
$$;
