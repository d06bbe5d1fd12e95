-- Tells of one experiment, and of the version of the sequence that each variant is; changes nothing.
create or replace function tendril.describe_experiment(experiment_id bigint, at timestamptz default tendril.clock())
returns jsonb
language plpgsql stable
set search_path = ''
as $$
#variable_conflict use_column
declare
    x tendril.experiments;
begin
    select * into x from tendril.experiments e where e.id = describe_experiment.experiment_id;
    if not found then
        raise exception 'no experiment %', describe_experiment.experiment_id using errcode = 'TN404', detail = 'experiment_id';
    end if;
    return to_jsonb(x) - array['namespace', 'namespace_from', 'namespace_until'] || jsonb_build_object(
        'target', tendril.experiment_sequence(x),
        'days', floor(extract(epoch from coalesce(x.ended_at, describe_experiment.at) - x.started_at) / 86400),
        'namespace', case when x.namespace is not null
            then jsonb_build_object('name', x.namespace, 'from', x.namespace_from, 'until', x.namespace_until) end,
        'variants', (
            select jsonb_agg(jsonb_build_object(
                'name', v.name, 'weight', v.weight, 'is_silent', v.is_silent, 'changes', v.changes, 'version_id', v.version_id,
                'number', n.number, 'probability', v.probability, 'score', v.score) order by v.position)
            from tendril.experiment_variants v
            left join tendril.sequence_versions n on n.id = v.version_id
            where v.experiment_id = x.id));
end;
$$;
