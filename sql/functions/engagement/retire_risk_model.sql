-- Notes that a model cannot be used and why: from now on the rules tell the risks, and admins are told.
create or replace function tendril.retire_risk_model(model bigint, problem text, at timestamptz default tendril.clock())
returns void
language sql
set search_path = ''
as $$
    update tendril.risk_models m set problem = left(retire_risk_model.problem, 500), problem_at = retire_risk_model.at
    where m.id = retire_risk_model.model and m.problem is null;
$$;
