-- Gives a duty to a holder for so many seconds, or longer to the one that has it; says whether it has it now.
create or replace function tendril.take_duty(
    name text, holder text, seconds float8 default 10, at timestamptz default tendril.clock()
)
returns boolean
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
begin
    insert into tendril.duties as d (name, holder, leased_until)
    values (take_duty.name, take_duty.holder, take_duty.at + make_interval(secs => take_duty.seconds))
    on conflict (name) do update set holder = excluded.holder, leased_until = excluded.leased_until
    where d.holder = excluded.holder or d.leased_until <= take_duty.at;
    return found;
end;
$$;
