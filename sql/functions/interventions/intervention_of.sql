-- Gives the risk, and its reasons, because of which an enrollment began; null where there is none; changes nothing.
create or replace function tendril.intervention_of(enrollment_id bigint)
returns jsonb
language sql stable
set search_path = ''
as $$
    select jsonb_build_object('id', i.id, 'type', i.type, 'risk', round(i.risk), 'band', i.band, 'reasons', i.reasons, 'decided_by', i.decided_by)
    from tendril.interventions i where i.enrollment_id = intervention_of.enrollment_id;
$$;
