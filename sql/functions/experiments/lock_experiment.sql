-- Locks an experiment until the end of the transaction and gives it; whoever names another revision is told that it has changed.
create or replace function tendril.lock_experiment(experiment_id bigint, revision int default null)
returns tendril.experiments
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    found_experiment tendril.experiments;
begin
    select * into found_experiment from tendril.experiments x where x.id = lock_experiment.experiment_id for update;
    if not found then
        raise exception 'no experiment %', lock_experiment.experiment_id using errcode = 'TN404', detail = 'experiment_id';
    end if;
    if lock_experiment.revision <> found_experiment.revision then
        raise exception 'somebody has changed this experiment meanwhile' using errcode = 'TN409', detail = 'revision',
            hint = 'Look at it again, then repeat the change.';
    end if;
    return found_experiment;
end;
$$;
