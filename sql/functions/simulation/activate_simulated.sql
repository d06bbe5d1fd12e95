-- Makes a copy of a campaign that is active as long as a simulation lasts, and that behavior events do not fire, which fire the
-- campaign itself; gives its id.
create or replace function tendril.activate_simulated(campaign tendril.campaigns, at timestamptz default tendril.clock())
returns bigint
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    own bigint := nextval(pg_get_serial_sequence('tendril.campaigns', 'id'));
begin
    if (activate_simulated.campaign).id is null then
        return null;
    end if;
    insert into tendril.campaigns overriding system value
    select (jsonb_populate_record(activate_simulated.campaign, jsonb_build_object(
        'id', own, 'name', 'simulated_' || pg_backend_pid(), 'status', 'active', 'kind', 'one_time', 'next_run_at', null))).*;
    return own;
end;
$$;
