-- How seldom somebody gets the second best, so that what was unlucky at first is tried again.
alter table tendril.intervention_rules add column exploration float8 not null default 0.1 check (exploration >= 0 and exploration < 1);
