-- Checks a code against one claimed address, five tries at most, and opens the address when it is right.
create or replace function tendril.confirm_email(contact_point_id bigint, code text, at timestamptz default tendril.clock())
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    point tendril.contact_points;
begin
    select c.* into point from tendril.contact_points c
    where c.id = confirm_email.contact_point_id and c.channel = 'email' for update;
    if not found then
        return jsonb_build_object('status', 'nothing_to_verify');
    elsif point.state <> 'unverified' then
        return jsonb_build_object('status', 'verified', 'email_address', point.address, 'user_id', point.user_id);
    elsif point.verification_attempts >= 5 then
        return jsonb_build_object('status', 'too_many_attempts', 'email_address', point.address, 'user_id', point.user_id);
    elsif point.verification_expires_at <= confirm_email.at then
        return jsonb_build_object('status', 'expired', 'email_address', point.address, 'user_id', point.user_id);
    elsif point.verification_token is distinct from btrim(confirm_email.code) then
        update tendril.contact_points c set verification_attempts = c.verification_attempts + 1 where c.id = point.id;
        return jsonb_build_object('status', 'wrong_code', 'email_address', point.address, 'user_id', point.user_id,
            'attempts_left', 4 - point.verification_attempts);
    end if;
    perform tendril.lift_deletion('email', point.address);
    begin
        perform tendril.open_contact_point(point.user_id, 'email', point.address, confirm_email.at);
    exception when sqlstate 'TN409' then
        return jsonb_build_object('status', 'taken', 'email_address', point.address, 'user_id', point.user_id);
    end;
    perform tendril.record_behavior_events(jsonb_build_array(jsonb_build_object(
        'event_id', 'email_verified:' || point.id, 'user_id', point.user_id, 'type', 'email_verified', 'source', 'email',
        'occurred_at', confirm_email.at)), confirm_email.at);
    return jsonb_build_object('status', 'verified', 'email_address', point.address, 'user_id', point.user_id);
end;
$$;
