-- Begins an experiment: stores the versions of the sequence that its variants are, none of which becomes the current one. From now
-- on, whoever enters the sequence is assigned. `base_version` is the version that the definitions were made from.
create or replace function tendril.start_experiment(
    experiment_id bigint, base_version bigint, definitions jsonb, first_difference int, compared_from text,
    at timestamptz default tendril.clock()
)
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    x tendril.experiments := tendril.lock_experiment(start_experiment.experiment_id);
    base tendril.sequence_versions;
    variant record;
    made tendril.sequence_versions;
begin
    if x.status <> 'draft' then
        raise exception 'this experiment has begun already' using errcode = 'TN409', detail = 'status';
    end if;
    -- Whoever publishes this sequence, or begins another experiment on it, waits.
    perform from tendril.sequences s where s.name = tendril.experiment_sequence(x) for no key update;
    select v.* into base from tendril.sequences s join tendril.sequence_versions v on v.id = s.current_version_id
    where s.name = tendril.experiment_sequence(x) and s.archived_at is null;
    if base.id is distinct from start_experiment.base_version then
        raise exception 'the sequence has been published anew meanwhile' using errcode = 'TN409', detail = 'sequence', hint = 'Start it once more.';
    end if;
    perform tendril.refuse_overlap(x);
    if tendril.is_transactional(base.sequence) and exists (
        select from tendril.experiment_variants v where v.experiment_id = x.id and v.is_silent) then
        raise exception 'nobody is kept from a transactional message' using errcode = 'TN422', detail = 'variants',
            hint = 'Leave out the silent variant.';
    end if;
    for variant in
        select v.position, v.is_silent, nullif(start_experiment.definitions -> v.name, 'null') as definition
        from tendril.experiment_variants v where v.experiment_id = x.id order by v.position
    loop
        made := base;
        if variant.definition is not null then
            insert into tendril.sequence_versions (sequence, number, definition, checksum, made_from, created_at)
            select base.sequence, max(v.number) + 1, variant.definition,
                encode(sha256(convert_to(variant.definition::text, 'UTF8')), 'hex'), coalesce(base.made_from, base.id), start_experiment.at
            from tendril.sequence_versions v where v.sequence = base.sequence
            returning * into made;
            perform tendril.store_steps(made);
        end if;
        update tendril.experiment_variants v set version_id = case when not variant.is_silent then made.id end
        where v.experiment_id = x.id and v.position = variant.position;
    end loop;
    update tendril.experiments e
    set status = 'running', started_at = start_experiment.at, first_difference = start_experiment.first_difference,
        compared_from = start_experiment.compared_from, revision = x.revision + 1
    where e.id = x.id;
    return tendril.describe_experiment(x.id);
end;
$$;
