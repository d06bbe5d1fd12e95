-- Refuses to begin an experiment where another one runs that could have the same people: only the parts of one namespace keep them
-- apart.
create or replace function tendril.refuse_overlap(experiment tendril.experiments)
returns void
language plpgsql stable
set search_path = ''
as $$
#variable_conflict use_column
declare
    other text := (
        select min(o.name) from tendril.experiments o
        where o.status = 'running' and o.id <> (experiment).id
            and tendril.experiment_sequence(o) = tendril.experiment_sequence(experiment)
            and coalesce(o.campaign_id = (experiment).campaign_id, true)
            and (o.namespace = (experiment).namespace
                and (o.namespace_until <= (experiment).namespace_from or (experiment).namespace_until <= o.namespace_from)) is not true);
begin
    if other is not null then
        raise exception 'the experiment % runs there, and could have the same people', other using errcode = 'TN409', detail = 'namespace',
            hint = 'End it first, or give both a part of one namespace each.';
    end if;
end;
$$;
