-- Ends an experiment: nobody else is assigned, and whoever was keeps their version. The version of a winner becomes the current one
-- of the sequence, unless the sequence has changed since the experiment began.
create or replace function tendril.end_experiment(experiment_id bigint, winner text default null, at timestamptz default tendril.clock())
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    x tendril.experiments := tendril.lock_experiment(end_experiment.experiment_id);
    control_version bigint := (select v.version_id from tendril.experiment_variants v where v.experiment_id = x.id and v.position = 0);
    winning_version bigint := (select v.version_id from tendril.experiment_variants v where v.experiment_id = x.id and v.name = end_experiment.winner);
begin
    if x.status <> 'running' then
        raise exception 'this experiment is not running' using errcode = 'TN409', detail = 'status';
    end if;
    if end_experiment.winner is not null then
        if winning_version is null then
            raise exception 'no variant % that says something', end_experiment.winner using errcode = 'TN422', detail = 'winner';
        end if;
        update tendril.sequences s set current_version_id = winning_version
        where s.name = tendril.experiment_sequence(x) and s.current_version_id = control_version;
        if not found then
            raise exception 'the sequence has changed since the experiment began' using errcode = 'TN409', detail = 'winner',
                hint = 'End the experiment without a winner, and bring what you learned into the sequence yourself.';
        end if;
    end if;
    update tendril.experiments e
    set status = 'ended', ended_at = end_experiment.at, winner = end_experiment.winner, revision = x.revision + 1
    where e.id = x.id;
    return tendril.describe_experiment(x.id);
end;
$$;
