-- For deliveries that failed for good: plans the same step over the next channel where the step allows it and the user has one,
-- and moves the other enrollments on; gives the deliveries that fell back.
create or replace function tendril.settle_failures(deliveries bigint[], at timestamptz default tendril.clock())
returns bigint[]
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    fallen bigint[] := tendril.plan_fallbacks(settle_failures.deliveries, settle_failures.at);
begin
    perform tendril.advance_enrollments(
        array(select unnest(settle_failures.deliveries) except select unnest(fallen)), settle_failures.at);
    return fallen;
end;
$$;
