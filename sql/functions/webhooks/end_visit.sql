-- Ends a visit to the dashboard; a visit that is over stays so.
create or replace function tendril.end_visit(visit_hash text, at timestamptz default tendril.clock())
returns void
language sql
set search_path = ''
as $$
    update tendril.dashboard_links l set visit_until = least(l.visit_until, end_visit.at)
    where l.visit_hash = decode(end_visit.visit_hash, 'hex');
$$;
