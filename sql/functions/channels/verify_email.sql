-- Checks the code that a user typed against the address they claimed last, and opens the address when it is right.
create or replace function tendril.verify_email(user_id uuid, code text, at timestamptz default tendril.clock())
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    latest bigint := (
        select c.id from tendril.contact_points c
        where c.user_id = verify_email.user_id and c.channel = 'email' and c.state = 'unverified' and c.verification_token is not null
        order by c.verification_sent_at desc limit 1);
begin
    if latest is null then
        return jsonb_build_object('status', 'nothing_to_verify');
    end if;
    return tendril.confirm_email(latest, verify_email.code, verify_email.at);
end;
$$;
