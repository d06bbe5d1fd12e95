-- Makes an address the user's active one on its channel, in place of the one before; refuses an address of somebody else.
create or replace function tendril.open_contact_point(user_id uuid, channel text, address text, at timestamptz default tendril.clock())
returns bigint
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    opened bigint;
    is_suppressed boolean := tendril.is_suppressed(open_contact_point.channel, open_contact_point.address);
begin
    if exists (
        select from tendril.contact_points c
        where c.channel = open_contact_point.channel and c.address = open_contact_point.address
            and c.state <> 'unverified' and c.user_id <> open_contact_point.user_id
    ) then
        raise exception 'this address belongs to another user' using errcode = 'TN409', detail = 'email_address';
    end if;
    delete from tendril.contact_points c
    where c.user_id = open_contact_point.user_id and c.channel = open_contact_point.channel
        and c.address <> open_contact_point.address and c.state <> 'unverified';
    insert into tendril.contact_points as c (user_id, channel, address, state, state_reason, verified_at, created_at)
    values (open_contact_point.user_id, open_contact_point.channel, open_contact_point.address,
        case when is_suppressed then 'suppressed' else 'active' end, case when is_suppressed then 'listed' end,
        open_contact_point.at, open_contact_point.at)
    on conflict on constraint contact_points_user_id_channel_address_key do update
    set state = excluded.state, state_reason = excluded.state_reason, verified_at = excluded.verified_at,
        unsubscribed_at = null, opt_in_sequences = true, opt_in_announcements = true, opt_in_reminders = true,
        verification_token = null, verification_expires_at = null, verification_attempts = 0
    returning c.id into opened;
    return opened;
exception when unique_violation then
    -- Somebody else proved it in this very moment.
    raise exception 'this address belongs to another user' using errcode = 'TN409', detail = 'email_address';
end;
$$;
