-- The version of the sequence that an experiment would be made from, and its definition; changes nothing.
create or replace function tendril.experiment_base(experiment_id bigint)
returns jsonb
language plpgsql stable
set search_path = ''
as $$
#variable_conflict use_column
declare
    target text;
    base jsonb;
begin
    select tendril.experiment_sequence(x) into target from tendril.experiments x where x.id = experiment_base.experiment_id;
    if not found then
        raise exception 'no experiment %', experiment_base.experiment_id using errcode = 'TN404', detail = 'experiment_id';
    end if;
    select jsonb_build_object('version_id', v.id, 'number', v.number, 'definition', v.definition) into base
    from tendril.sequences s join tendril.sequence_versions v on v.id = s.current_version_id
    where s.name = target and s.archived_at is null;
    if not found then
        raise exception 'the campaign has no messages yet' using errcode = 'TN409', detail = 'campaign_id',
            hint = 'Activate the campaign first, with its first run still ahead.';
    end if;
    return base;
end;
$$;
