-- The current version of a sequence, or of the one that a campaign enrolls into, and its definition: what an experiment there is made
-- from; changes nothing.
create or replace function tendril.experiment_base(sequence text default null, campaign_id bigint default null)
returns jsonb
language plpgsql stable
set search_path = ''
as $$
#variable_conflict use_column
declare
    target tendril.experiments;
    base jsonb;
begin
    target.sequence := experiment_base.sequence;
    target.campaign_id := experiment_base.campaign_id;
    perform tendril.check_experiment_target(target);
    select jsonb_build_object('version_id', v.id, 'number', v.number, 'definition', v.definition) into base
    from tendril.sequences s join tendril.sequence_versions v on v.id = s.current_version_id
    where s.name = tendril.experiment_sequence(target) and s.archived_at is null;
    if not found then
        raise exception 'the campaign has no messages yet' using errcode = 'TN409', detail = 'campaign_id',
            hint = 'Activate the campaign first, with ?paused=true where nobody is to enter it before.';
    end if;
    return base;
end;
$$;
