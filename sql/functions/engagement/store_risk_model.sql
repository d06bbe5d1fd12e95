-- Keeps what a training came to: from now on risks are told by it, or by the rules where it is not taken. Of earlier ones the card stays.
create or replace function tendril.store_risk_model(is_taken boolean, card jsonb, document jsonb default null, at timestamptz default tendril.clock())
returns bigint
language sql
set search_path = ''
as $$
    update tendril.risk_models m set document = null where m.document is not null;
    insert into tendril.risk_models (trained_at, is_taken, document, card)
    values (
        store_risk_model.at, store_risk_model.is_taken, case when store_risk_model.is_taken then store_risk_model.document end,
        store_risk_model.card)
    returning id;
$$;
