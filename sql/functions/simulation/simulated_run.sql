-- Finds what a simulation runs: a sequence in its current version, in one of an earlier number, or as a definition that nobody has
-- published; or a campaign, as it would run if it were active. Writes what only the simulation has, to be undone with it.
create or replace function tendril.simulated_run(simulation jsonb, at timestamptz default tendril.clock())
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    campaign tendril.campaigns;
    definition jsonb := nullif(simulated_run.simulation -> 'definition', 'null');
    wanted int := (simulated_run.simulation ->> 'number')::int;
    named text := coalesce(simulated_run.simulation ->> 'sequence', definition ->> 'name');
    version bigint;
    entered text;
begin
    if simulated_run.simulation ->> 'campaign_id' is not null then
        select c.* into campaign from tendril.campaigns c where c.id = (simulated_run.simulation ->> 'campaign_id')::bigint;
        if not found then
            raise exception 'no campaign %', simulated_run.simulation ->> 'campaign_id' using errcode = 'TN404', detail = 'campaign_id';
        end if;
        named := coalesce(campaign.sequence, named);
    end if;
    if definition is not null then
        version := tendril.draft_simulated(definition, named, simulated_run.at);
    else
        select v.id into version
        from tendril.sequences s join tendril.sequence_versions v on v.sequence = s.name
        where s.name = named and s.archived_at is null and (v.id = s.current_version_id and wanted is null or v.number = wanted);
        if not found then
            raise exception 'no sequence named %', coalesce(named || coalesce(' with a version ' || wanted, ''), 'nothing') using errcode = 'TN404',
                detail = case when wanted is null then 'sequence' else 'number' end, hint = 'Use the name of a sequence in the catalogue.';
        end if;
    end if;
    perform tendril.check_context(version, coalesce(simulated_run.simulation -> 'context', '{}'));
    entered := (select v.sequence from tendril.sequence_versions v where v.id = version);
    campaign.filter := coalesce(nullif(simulated_run.simulation -> 'filter', 'null'), campaign.filter, '{}');
    return jsonb_build_object(
        'sequence', entered, 'version_id', version,
        'is_given', wanted is not null or definition is not null and coalesce(campaign.status, '') <> 'draft',
        'campaign_id', campaign.id,
        'active_campaign_id', tendril.activate_simulated(campaign, entered, campaign.filter, simulated_run.at),
        'filter', campaign.filter, 'per_minute', campaign.per_minute, 'context', coalesce(simulated_run.simulation -> 'context', '{}')
    ) || tendril.simulated_watch(campaign, simulated_run.at);
end;
$$;
