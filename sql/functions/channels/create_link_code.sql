-- Makes a one-time code, good for a day, that ties a Telegram account to this user; short enough for a deep link.
create or replace function tendril.create_link_code(user_id uuid, at timestamptz default tendril.clock())
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    new_code text := replace(gen_random_uuid()::text, '-', '');
begin
    perform from tendril.users u where u.id = create_link_code.user_id and u.deleted_at is null for key share;
    if not found then
        raise exception 'no user %', create_link_code.user_id using errcode = 'TN404', detail = 'user';
    end if;
    insert into tendril.link_codes (code, user_id, expires_at)
    values (new_code, create_link_code.user_id, create_link_code.at + interval '24 hours');
    return jsonb_build_object('code', new_code, 'expires_at', create_link_code.at + interval '24 hours');
end;
$$;
