-- Tells what came of the last training, with its card, and when risks are due to be learned again; null where nothing was learned yet;
-- changes nothing.
create or replace function tendril.last_risk_model()
returns jsonb
language sql stable
set search_path = ''
as $$
    select jsonb_build_object(
        'id', m.id, 'trained_at', m.trained_at, 'is_taken', m.is_taken, 'problem', m.problem, 'problem_at', m.problem_at, 'card', m.card)
    from tendril.risk_models m order by m.id desc limit 1;
$$;
