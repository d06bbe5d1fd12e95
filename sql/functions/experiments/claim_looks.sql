-- Gives the running experiments that nobody has looked at for so long; whoever asks is the one who looks.
create or replace function tendril.claim_looks(every interval default '10 minutes', at timestamptz default tendril.clock())
returns bigint[]
language sql
set search_path = ''
as $$
    with claimed as (
        update tendril.experiments x set looked_at = claim_looks.at
        where x.id in (
            select due.id from tendril.experiments due
            where due.status = 'running' and coalesce(due.looked_at + claim_looks.every <= claim_looks.at, true)
            order by due.id for update skip locked)
        returning x.id
    )
    select coalesce(array_agg(c.id), '{}') from claimed c;
$$;
