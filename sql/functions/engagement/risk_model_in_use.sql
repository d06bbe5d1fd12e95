-- Gives the model by which risks are told, without what it learned if that is known already; null where the rules tell them: nothing
-- was learned yet, what was learned last was not better, or something is wrong with it; changes nothing.
create or replace function tendril.risk_model_in_use(known bigint default null)
returns jsonb
language sql stable
set search_path = ''
as $$
    select jsonb_build_object(
        'id', m.id, 'trained_at', m.trained_at, 'document', case when m.id is distinct from risk_model_in_use.known then m.document end,
        'auc', m.card #> '{horizons,risk,models,learned,auc}')
    from (select m.* from tendril.risk_models m order by m.id desc limit 1) m
    where m.is_taken and m.problem is null;
$$;
