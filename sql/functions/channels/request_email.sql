-- Notes an email address that a user claims and sends a code to it, at most one a minute and six a day; an address is used only
-- once it is proved.
create or replace function tendril.request_email(user_id uuid, email_address text, at timestamptz default tendril.clock())
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    claimed text := lower(btrim(request_email.email_address));
    point tendril.contact_points;
    wait interval;
begin
    perform from tendril.users u where u.id = request_email.user_id and u.deleted_at is null for key share;
    if not found then
        raise exception 'no user %', request_email.user_id using errcode = 'TN404', detail = 'user';
    elsif exists (
        -- who had themselves deleted may come back, by proving once more that it is theirs
        select from tendril.suppressions x
        where x.channel = 'email' and x.address_hash = tendril.address_hash(claimed) and x.reason <> 'deleted'
    ) then
        return jsonb_build_object('status', 'suppressed');
    end if;
    if exists (
        select from tendril.contact_points c
        where c.channel = 'email' and c.address = claimed and c.state <> 'unverified' and c.user_id <> request_email.user_id
    ) then
        return jsonb_build_object('status', 'taken');
    end if;
    insert into tendril.contact_points (user_id, channel, address, state, created_at)
    values (request_email.user_id, 'email', claimed, 'unverified', request_email.at)
    on conflict on constraint contact_points_user_id_channel_address_key do nothing;
    select c.* into point from tendril.contact_points c
    where c.user_id = request_email.user_id and c.channel = 'email' and c.address = claimed for update;
    if point.state <> 'unverified' then
        return jsonb_build_object('status', 'already_verified', 'contact_point_id', point.id);
    end if;
    wait := point.verification_sent_at + interval '1 minute' - request_email.at;
    if wait > interval '0' then
        return jsonb_build_object('status', 'too_soon', 'contact_point_id', point.id,
            'expires_at', point.verification_expires_at, 'retry_after_seconds', ceil(extract(epoch from wait)));
    end if;
    -- Or somebody could have us write to the whole world.
    if 6 <= (
        select count(*) from tendril.enrollments e
        where e.user_id = request_email.user_id and e.sequence = 'email_verification'
            and e.enrolled_at > request_email.at - interval '24 hours'
    ) then
        return jsonb_build_object('status', 'too_many', 'contact_point_id', point.id, 'retry_after_seconds', 86400);
    end if;
    update tendril.contact_points c
    -- A uuid is the only source of strong randomness in core PostgreSQL.
    set verification_token = lpad((('x' || substr(replace(gen_random_uuid()::text, '-', ''), 1, 12))::bit(48)::bigint % 1000000)::text, 6, '0'),
        verification_sent_at = request_email.at, verification_expires_at = request_email.at + interval '24 hours', verification_attempts = 0
    where c.id = point.id
    returning c.* into point;
    perform tendril.enroll(
        request_email.user_id, 'email_verification', 'contact_point:' || point.id || ':' || extract(epoch from request_email.at)::bigint,
        jsonb_build_object('email', claimed, 'code', point.verification_token, 'contact_point_id', point.id), 'request_email', request_email.at);
    return jsonb_build_object('status', 'code_sent', 'contact_point_id', point.id, 'expires_at', point.verification_expires_at);
end;
$$;
