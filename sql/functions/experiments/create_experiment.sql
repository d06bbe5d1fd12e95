-- Drafts an experiment on a sequence or on a campaign.
create or replace function tendril.create_experiment(experiment jsonb, actor text, at timestamptz default tendril.clock())
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    wanted tendril.experiments := jsonb_populate_record(null::tendril.experiments, create_experiment.experiment);
    created bigint;
begin
    perform tendril.check_experiment_target(wanted);
    insert into tendril.experiments (
        name, title, hypothesis, sequence, campaign_id, hash_version, seed, coverage, namespace, namespace_from, namespace_until,
        allocation, tuning, goal, decision, created_by, created_at)
    values (
        wanted.name, wanted.title, coalesce(wanted.hypothesis, ''), wanted.sequence, wanted.campaign_id, coalesce(wanted.hash_version, 2),
        coalesce(wanted.seed, wanted.name), coalesce(wanted.coverage, 1), wanted.namespace, wanted.namespace_from, wanted.namespace_until,
        coalesce(wanted.allocation, 'fixed'), coalesce(wanted.tuning, '{}'), wanted.goal, coalesce(wanted.decision, '{}'),
        create_experiment.actor, create_experiment.at)
    on conflict (name) do nothing
    returning id into created;
    if created is null then
        raise exception 'there is an experiment named % already', wanted.name using errcode = 'TN409', detail = 'name';
    end if;
    perform tendril.store_variants(created, create_experiment.experiment -> 'variants');
    return tendril.describe_experiment(created);
end;
$$;
