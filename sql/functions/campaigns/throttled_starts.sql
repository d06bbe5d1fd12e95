-- Says when each of so many people whom a behavior event brings to a campaign may begin, so that no minute has more of them than its
-- limit; null where it has none. Two who ask at once wait for each other, and a simulation, which is undone, for nobody.
create or replace function tendril.throttled_starts(campaign tendril.campaigns, people int, at timestamptz default tendril.clock())
returns timestamptz[]
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    per_minute int := throttled_starts.campaign.per_minute;
    -- as many as a minute may have, the latest last
    latest timestamptz[];
begin
    if per_minute is null or throttled_starts.people = 0 then
        return null;
    end if;
    -- Not the row of the campaign: who pauses or cancels it locks messages after it, and who does something before.
    if nullif(current_setting('tendril.simulated_at', true), '') is null then
        perform pg_advisory_xact_lock(hashtextextended('tendril.throttled_starts:' || throttled_starts.campaign.id, 0));
    end if;
    latest := array(
        select e.anchor_at from tendril.enrollments e where e.campaign_id = throttled_starts.campaign.id order by e.id desc limit per_minute);
    return array(
        -- each a minute after the one who stands so many places before, and never before the last
        select greatest(throttled_starts.at, latest[1], latest[per_minute - n % per_minute] + interval '1 minute') + n / per_minute * interval '1 minute'
        from generate_series(0, throttled_starts.people - 1) as g (n) order by n);
end;
$$;
