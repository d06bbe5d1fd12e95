-- Sends messages of a campaign to one person, or to an address as that person would get them, whatever the hour: a trial, which counts
-- for nothing. Refused where nobody may write to. Gives the enrollment.
create or replace function tendril.send_campaign_trial(
    definition jsonb, user_id uuid, key text, context jsonb default '{}', address text default null, at timestamptz default tendril.clock()
)
returns bigint
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    channels text[] := array(
        select distinct c.channel from jsonb_array_elements(send_campaign_trial.definition -> 'steps') as s (step)
        cross join lateral jsonb_array_elements_text(s.step -> 'channels') as c (channel));
begin
    if send_campaign_trial.address is not null and tendril.is_suppressed('email', send_campaign_trial.address) then
        raise exception 'this address must not be written to: it is suppressed' using errcode = 'TN409', detail = 'to';
    elsif send_campaign_trial.address is null and not exists (
        select from tendril.contact_points cp
        where cp.user_id = send_campaign_trial.user_id and cp.channel = any (channels) and cp.state not in ('unverified', 'suppressed')
            and not tendril.is_suppressed(cp.channel, cp.address)) then
        raise exception 'this user has no address that may be written to over %', array_to_string(channels, ', ')
            using errcode = 'TN409', detail = 'user';
    end if;
    perform tendril.publish_sequence(send_campaign_trial.definition, send_campaign_trial.at);
    -- In the same transaction, so that nobody else's trial is the current version.
    return (tendril.enroll(
        send_campaign_trial.user_id, send_campaign_trial.definition ->> 'name', send_campaign_trial.key, send_campaign_trial.context,
        'campaign', send_campaign_trial.at) ->> 'enrollment_id')::bigint;
end;
$$;
