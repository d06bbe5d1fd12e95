-- Notes what a look at a running experiment found: how likely the division of its people is by chance, and what its bandit learned.
create or replace function tendril.record_look(experiment_id bigint, division_p double precision default null, learned jsonb default '[]')
returns void
language sql
set search_path = ''
as $$
    update tendril.experiments x set division_p = record_look.division_p where x.id = record_look.experiment_id;
    update tendril.experiment_variants v set probability = l.probability, score = l.score
    from jsonb_to_recordset(record_look.learned) as l (name text, probability double precision, score double precision)
    where v.experiment_id = record_look.experiment_id and v.name = l.name;
$$;
