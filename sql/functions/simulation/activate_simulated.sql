-- Gives the id of a campaign that is active as long as a simulation lasts, with this sequence and this filter: itself where it is so
-- anyway, else that of a copy.
create or replace function tendril.activate_simulated(
    campaign tendril.campaigns, sequence text, filter jsonb, at timestamptz default tendril.clock()
)
returns bigint
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    own bigint;
begin
    if (activate_simulated.campaign).id is null or (activate_simulated.campaign).status = 'active' then
        return (activate_simulated.campaign).id;
    end if;
    own := nextval(pg_get_serial_sequence('tendril.campaigns', 'id'));
    insert into tendril.campaigns overriding system value
    select (jsonb_populate_record(activate_simulated.campaign, jsonb_build_object(
        'id', own, 'name', 'simulated_' || pg_backend_pid(), 'status', 'active', 'paused_at', null,
        'sequence', activate_simulated.sequence, 'filter', activate_simulated.filter,
        'schedule', (activate_simulated.campaign).schedule || jsonb_build_object('plays', (activate_simulated.campaign).id),
        -- whoever signs up in the same moment comes after it
        'activated_at', coalesce((activate_simulated.campaign).activated_at, activate_simulated.at - interval '1 second')))).*;
    return own;
end;
$$;
