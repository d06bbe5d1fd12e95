-- The name of the sequence whose versions an experiment compares; changes nothing.
create or replace function tendril.experiment_sequence(experiment tendril.experiments)
returns text
language sql stable
set search_path = ''
as $$
    select coalesce(experiment_sequence.experiment.sequence, (
        select coalesce(c.sequence, 'campaign_' || c.name) from tendril.campaigns c where c.id = experiment_sequence.experiment.campaign_id));
$$;
