-- Lets a campaign of a simulation that watches its audience, or the dates of people, look at them once.
create or replace function tendril.look_simulated(run jsonb, people jsonb, at timestamptz default tendril.clock())
returns void
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    prefix text := left(look_simulated.people #>> '{0,user_id}', 24);
    campaign tendril.campaigns;
    look tendril.campaign_runs := jsonb_populate_record(null::tendril.campaign_runs, jsonb_build_object(
        'after_user', prefix || repeat('0', 12),
        'sweeps', (look_simulated.run ->> 'sweeps')::int + (look_simulated.at > (look_simulated.run ->> 'looks_at')::timestamptz)::int));
begin
    select c.* into campaign from tendril.campaigns c where c.id = (look_simulated.run ->> 'active_campaign_id')::bigint;
    if campaign.kind = 'drip' then
        perform tendril.enroll_anchored(
            campaign, look, 1000, version_id => (look_simulated.run ->> 'version_id')::bigint,
            before_user => (prefix || repeat('f', 12))::uuid, at => look_simulated.at);
    else
        perform tendril.enroll_entering(
            campaign, look, 1000, version_id => (look_simulated.run ->> 'version_id')::bigint,
            before_user => (prefix || repeat('f', 12))::uuid, at => look_simulated.at);
    end if;
end;
$$;
