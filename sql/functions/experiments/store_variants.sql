-- Stores the variants of an experiment, in their order, in place of those that it had.
create or replace function tendril.store_variants(experiment_id bigint, variants jsonb)
returns void
language sql
set search_path = ''
as $$
    delete from tendril.experiment_variants v where v.experiment_id = store_variants.experiment_id;
    insert into tendril.experiment_variants (experiment_id, position, name, weight, is_silent, changes)
    select store_variants.experiment_id, v.place - 1, v.name, v.weight, coalesce(v.is_silent, false), coalesce(v.changes, '{}')
    from rows from (jsonb_to_recordset(store_variants.variants) as (name text, weight double precision, is_silent boolean, changes jsonb))
        with ordinality as v (name, weight, is_silent, changes, place);
$$;
