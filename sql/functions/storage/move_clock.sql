-- Moves the clock forward and says the new time; days to try out pass in seconds this way.
create or replace function tendril.move_clock(by interval)
returns timestamptz
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
begin
    if move_clock.by < interval '0' then
        raise exception 'the clock only moves forward' using errcode = 'TN422', hint = 'Give a positive interval, such as 1 day.';
    end if;
    update tendril.clock set moved_by = moved_by + move_clock.by;
    return tendril.clock();
end;
$$;
