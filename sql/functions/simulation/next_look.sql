-- Says when a campaign of a simulation that looks at its audience from `begins` on looks again: five minutes apart while something
-- happens; after a look and a moment in which nothing was sent not before an hour, or as many hours as the simulation has months.
-- `pending` is the next look, if it is still to come. Changes nothing.
create or replace function tendril.next_look(begins timestamptz, days int, pending timestamptz, is_quiet boolean, at timestamptz)
returns timestamptz
language sql immutable
set search_path = ''
as $$
    select case
        when next_look.begins is null then null
        when next_look.at < next_look.begins then next_look.begins
        when next_look.pending is null and next_look.is_quiet then next_look.at + interval '1 hour' * greatest(1, next_look.days / 30)
        else least(next_look.pending, date_bin('5 minutes', next_look.at, next_look.begins) + interval '5 minutes')
    end;
$$;
