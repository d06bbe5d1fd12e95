-- Refuses an experiment on a sequence or a campaign that does not exist.
create or replace function tendril.check_experiment_target(experiment tendril.experiments)
returns void
language plpgsql stable
set search_path = ''
as $$
#variable_conflict use_column
begin
    if (experiment).sequence is not null and not exists (
        select from tendril.sequences s where s.name = (experiment).sequence and s.archived_at is null and s.current_version_id is not null) then
        raise exception 'no sequence named %', (experiment).sequence using errcode = 'TN404', detail = 'sequence',
            hint = 'Use the name of a published sequence.';
    end if;
    if (experiment).campaign_id is not null and not exists (select from tendril.campaigns c where c.id = (experiment).campaign_id) then
        raise exception 'no campaign %', (experiment).campaign_id using errcode = 'TN404', detail = 'campaign_id';
    end if;
end;
$$;
