-- Changes an experiment: a draft in everything, a later one only in what says what it is about, since figures from before a change
-- and after it would not compare.
create or replace function tendril.change_experiment(experiment_id bigint, changes jsonb, revision int default null)
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    current tendril.experiments := tendril.lock_experiment(change_experiment.experiment_id, change_experiment.revision);
    wanted tendril.experiments := jsonb_populate_record(current, change_experiment.changes - array['id', 'status', 'revision']);
    fixed text := (
        select min(key) from jsonb_object_keys(change_experiment.changes) as each (key) where key not in ('title', 'hypothesis'));
begin
    if current.status <> 'draft' and fixed is not null then
        raise exception 'an experiment that has begun keeps its %', fixed using errcode = 'TN409', detail = fixed,
            hint = 'Only title and hypothesis change now; end it and begin another.';
    end if;
    perform tendril.check_experiment_target(wanted);
    if exists (select from tendril.experiments other where other.name = wanted.name and other.id <> current.id) then
        raise exception 'there is an experiment named % already', wanted.name using errcode = 'TN409', detail = 'name';
    end if;
    update tendril.experiments x
    set (name, title, hypothesis, sequence, campaign_id, hash_version, seed, coverage, namespace, namespace_from, namespace_until,
            allocation, tuning, goal, decision, revision)
        = (wanted.name, wanted.title, wanted.hypothesis, wanted.sequence, wanted.campaign_id, wanted.hash_version, wanted.seed, wanted.coverage,
            wanted.namespace, wanted.namespace_from, wanted.namespace_until, wanted.allocation, wanted.tuning, wanted.goal, wanted.decision,
            current.revision + 1)
    where x.id = current.id;
    if change_experiment.changes ? 'variants' then
        perform tendril.store_variants(current.id, change_experiment.changes -> 'variants');
    end if;
    return tendril.describe_experiment(current.id);
end;
$$;
