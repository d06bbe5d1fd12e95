-- Says when a commitment for this local day counts as missed: at noon of the next. Whoever answers the evening's question at
-- breakfast has missed nothing; changes nothing.
create or replace function tendril.commitment_lapse(due_day date, zone text)
returns timestamptz
language sql stable
set search_path = ''
as $$
    select tendril.instant(commitment_lapse.due_day + 1 + time '12:00', commitment_lapse.zone);
$$;
