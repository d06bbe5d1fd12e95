-- Lets a campaign of a simulation that watches its audience, or the dates of people, look at them once: at all, or at those whose number
-- in the simulation lies between two. Gives the numbers of those whom it enrolled, held out or not.
create or replace function tendril.look_simulated(
    run jsonb, people jsonb, after_n int default 0, upto_n int default null, at timestamptz default tendril.clock()
)
returns int[]
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    prefix text := left(look_simulated.people #>> '{0,user_id}', 24);
    version bigint := (look_simulated.run ->> 'version_id')::bigint;
    before_user uuid := (prefix || coalesce(lpad(to_hex(look_simulated.upto_n + 1), 12, '0'), repeat('f', 12)))::uuid;
    campaign tendril.campaigns;
    look tendril.campaign_runs := jsonb_populate_record(null::tendril.campaign_runs, jsonb_build_object(
        'after_user', prefix || lpad(to_hex(look_simulated.after_n), 12, '0'),
        'sweeps', (look_simulated.run ->> 'sweeps')::int + (look_simulated.at > (look_simulated.run ->> 'looks_at')::timestamptz)::int));
begin
    select c.* into campaign from tendril.campaigns c where c.id = (look_simulated.run ->> 'active_campaign_id')::bigint;
    if campaign.kind = 'drip' then
        perform tendril.enroll_anchored(campaign, look, 1000, version_id => version, before_user => before_user, at => look_simulated.at);
    else
        perform tendril.enroll_entering(campaign, look, 1000, version_id => version, before_user => before_user, at => look_simulated.at);
    end if;
    return array(
        select p.n
        from jsonb_to_recordset(look_simulated.people) as p (user_id uuid, n int)
        where p.n > look_simulated.after_n and coalesce(p.n <= look_simulated.upto_n, true) and exists (
            select from tendril.enrollments e
            where e.user_id = p.user_id and e.campaign_id = campaign.id and e.enrolled_at = look_simulated.at)
        order by p.n);
end;
$$;
