-- Says whether anybody's risk is due to be told again; changes nothing.
create or replace function tendril.risks_are_due(at timestamptz default tendril.clock())
returns boolean
language sql stable
set search_path = ''
as $$
    select exists (select from tendril.drop_off_risks r where r.due_at <= risks_are_due.at);
$$;
