-- Sends a user the way to their data, for an hour, over a channel of their own; asked again within ten minutes, it sends nothing.
create or replace function tendril.request_privacy(user_id uuid, at timestamptz default tendril.clock())
returns void
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
begin
    -- of two requests at once the second sees what the first has sent
    perform from tendril.users u where u.id = request_privacy.user_id for no key update;
    if not exists (
        select from tendril.enrollments e
        where e.user_id = request_privacy.user_id and e.sequence = 'privacy_link' and e.enrolled_at > request_privacy.at - interval '10 minutes'
    ) then
        perform tendril.enroll(
            request_privacy.user_id, 'privacy_link', 'asked:' || extract(epoch from request_privacy.at)::bigint,
            jsonb_build_object('until', request_privacy.at + interval '1 hour'), 'preference_page', request_privacy.at);
    end if;
end;
$$;
