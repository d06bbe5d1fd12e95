-- Gives the numbers of those, after one of them, whom a look of a simulated campaign would enroll if nothing held it back; what it takes to
-- find that out is undone.
create or replace function tendril.peek_simulated(run jsonb, people jsonb, after_n int, at timestamptz default tendril.clock())
returns int[]
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    found_n int[];
begin
    found_n := tendril.look_simulated(peek_simulated.run, peek_simulated.people, peek_simulated.after_n, at => peek_simulated.at);
    raise exception 'peeked' using errcode = 'TN201';
exception when sqlstate 'TN201' then
    return found_n;
end;
$$;
