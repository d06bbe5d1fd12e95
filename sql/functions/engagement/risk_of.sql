-- Tells how likely a user is to drop off, as it was last reckoned, and why; null of whoever is new or has left; changes nothing.
create or replace function tendril.risk_of(user_id uuid)
returns jsonb
language sql stable
set search_path = ''
as $$
    select jsonb_build_object(
        'user_id', r.user_id, 'risk', round(r.risk::numeric, 1), 'weekly', round(r.weekly::numeric, 1), 'monthly', round(r.monthly::numeric, 1),
        'confidence', round(r.confidence::numeric, 2), 'band', r.band, 'reasons', r.reasons, 'interventions', r.interventions, 'model', r.model,
        'calculated_at', r.calculated_at, 'rose_at', r.rose_at)
    from tendril.drop_off_risks r where r.user_id = risk_of.user_id;
$$;
