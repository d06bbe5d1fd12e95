-- Refuses a simulation that asks for more than one call can do, or for a past that real people have behind them; changes nothing.
create or replace function tendril.check_simulation(simulation jsonb, at timestamptz default tendril.clock())
returns void
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    begins timestamptz := coalesce((check_simulation.simulation ->> 'from')::timestamptz, check_simulation.at);
    invented int := coalesce(jsonb_array_length(check_simulation.simulation -> 'invented'), 0);
    named int := coalesce(jsonb_array_length(check_simulation.simulation -> 'users'), 0);
    sample int := coalesce((check_simulation.simulation ->> 'sample')::int, 0);
    wrong record;
begin
    select field, message into wrong from (values
        ('days', 'a simulation takes 1 to 400 days',
            coalesce((check_simulation.simulation ->> 'days')::int, 30) not between 1 and 400),
        ('sample', 'a simulation takes at most 500 people', sample not between 0 and 500),
        ('users', 'a simulation takes at most 500 people', named + invented + sample > 500),
        ('users', 'there is nobody to simulate it for', named + invented + sample = 0),
        ('from', 'for real people a simulation begins now or later', begins < check_simulation.at - interval '1 minute' and named + sample > 0),
        ('from', 'a simulation begins within ten years', begins not between check_simulation.at - interval '3660 days' and check_simulation.at + interval '3660 days'),
        ('answers', 'the share of people who answer is a number from 0 to 1',
            coalesce((check_simulation.simulation ->> 'answers')::float8, 0) not between 0 and 1)
    ) as t (field, message, is_so) where is_so limit 1;
    if found then
        raise exception '%', wrong.message using errcode = 'TN422', detail = wrong.field;
    end if;
end;
$$;
