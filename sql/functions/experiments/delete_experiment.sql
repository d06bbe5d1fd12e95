-- Deletes a draft; what has begun stays, since people were assigned to it.
create or replace function tendril.delete_experiment(experiment_id bigint)
returns void
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    current tendril.experiments := tendril.lock_experiment(delete_experiment.experiment_id);
begin
    if current.status <> 'draft' then
        raise exception 'an experiment that has begun is kept' using errcode = 'TN409', detail = 'status', hint = 'End it instead.';
    end if;
    delete from tendril.experiments x where x.id = current.id;
end;
$$;
