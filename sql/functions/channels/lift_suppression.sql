-- Lets an address be written to again, whatever had closed it but its owner's own deletion. Says whether there was something to lift.
create or replace function tendril.lift_suppression(channel text, address text)
returns boolean
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    lifted boolean;
begin
    perform tendril.lock_runs(array(
        select c.user_id from tendril.contact_points c
        where c.channel = lift_suppression.channel and lower(c.address) = lower(lift_suppression.address)));
    delete from tendril.suppressions x
    where x.channel = lift_suppression.channel and x.address_hash = tendril.address_hash(lift_suppression.address) and x.reason <> 'deleted';
    lifted := found;
    if lifted then
        update tendril.contact_points c set state = 'active', state_reason = null
        where c.channel = lift_suppression.channel and lower(c.address) = lower(lift_suppression.address) and c.state = 'suppressed';
    end if;
    return lifted;
end;
$$;
