-- Keeps what an admin decided of an intervention that is only suggested: it begins, or it is dismissed. Tells of it.
create or replace function tendril.decide_intervention(
    intervention_id bigint, is_approved boolean, actor text, ways jsonb default '[]', at timestamptz default tendril.clock()
)
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    current tendril.interventions;
begin
    select * into current from tendril.interventions i where i.id = decide_intervention.intervention_id for update;
    if not found then
        raise exception 'no intervention %', decide_intervention.intervention_id using errcode = 'TN404', detail = 'intervention_id';
    elsif current.status <> 'suggested' then
        raise exception 'the intervention is %', current.status using errcode = 'TN409', detail = 'status', hint = 'Only what is suggested waits for a decision.';
    end if;
    update tendril.interventions i
    set decided_by = decide_intervention.actor,
        status = case when decide_intervention.is_approved then i.status else 'dismissed' end,
        ended_at = case when not decide_intervention.is_approved then decide_intervention.at end
    where i.id = current.id;
    if decide_intervention.is_approved then
        perform tendril.begin_interventions(array[current.id], decide_intervention.ways, decide_intervention.at);
        if exists (select from tendril.interventions i where i.id = current.id and i.status = 'suggested') then
            raise exception 'there is no template for % that needs nothing we do not know', current.type using errcode = 'TN409', detail = 'type',
                hint = 'Write one, or bring it back from the archive.';
        end if;
    end if;
    perform tendril.record_audit(
        decide_intervention.actor, case when decide_intervention.is_approved then 'intervention.approve' else 'intervention.dismiss' end,
        current.user_id::text, jsonb_build_object('intervention_id', current.id, 'type', current.type), decide_intervention.at);
    return (select tendril.describe_intervention(i) from tendril.interventions i where i.id = current.id);
end;
$$;
