-- Runs a sequence, in any version, or a campaign for so many days ahead, and says who gets what, when, over which channel, and why
-- not. The planner, the gate and the fallbacks that run are the real ones; the people are copies or invented; and all of it is undone
-- before anybody could see it: changes nothing.
create or replace function tendril.simulate(simulation jsonb, at timestamptz default tendril.clock())
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    report jsonb;
begin
    perform tendril.check_simulation(simulate.simulation, simulate.at);
    -- What a block wrote is undone when it fails; what it put into a variable stays. (A code that ends in 000 would mean its whole class.)
    begin
        report := tendril.play_simulation(simulate.simulation, simulate.at);
        raise exception 'played' using errcode = 'TN200';
    exception when sqlstate 'TN200' then
        return report;
    end;
end;
$$;
