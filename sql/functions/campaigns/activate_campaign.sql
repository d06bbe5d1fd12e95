-- Lets a drafted campaign begin, with its audience's filter, its own messages as they are to be published, and its next times; from
-- here on `carry_campaigns` runs it, or, where it begins paused, from its resumption on. Gives it.
create or replace function tendril.activate_campaign(
    campaign_id bigint, filter jsonb, definition jsonb default null, upcoming timestamp[] default '{}', is_rule_over boolean default true,
    revision int default null, is_paused boolean default false, at timestamptz default tendril.clock()
)
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    current tendril.campaigns := tendril.lock_campaign(activate_campaign.campaign_id, activate_campaign.revision);
    lacking text;
begin
    if current.status <> 'draft' then
        raise exception 'the campaign is % already', current.status using errcode = 'TN409', detail = 'status';
    end if;
    if activate_campaign.definition is not null then
        perform tendril.publish_sequence(activate_campaign.definition, activate_campaign.at);
        current.sequence := activate_campaign.definition ->> 'name';
    end if;
    current.filter := activate_campaign.filter;
    perform tendril.check_campaign(current);
    select min(f.field) into lacking
    from tendril.sequences s join tendril.sequence_versions v on v.id = s.current_version_id
    cross join lateral jsonb_array_elements_text(coalesce(v.definition -> 'context', '[]')) as f (field)
    where s.name = current.sequence and f.field not like '%?' and not (f.field = 'event' and current.schedule ? 'event');
    if lacking is not null then
        raise exception 'its messages need "%" in the context, which nobody brings who is enrolled by this campaign', lacking
            using errcode = 'TN422', detail = case when current.steps is null then 'sequence' else 'steps' end;
    end if;
    update tendril.campaigns c
    set status = case when activate_campaign.is_paused then 'paused' else 'active' end,
        paused_at = case when activate_campaign.is_paused then activate_campaign.at end, sequence = current.sequence, filter = current.filter, upcoming = activate_campaign.upcoming,
        is_rule_over = activate_campaign.is_rule_over, looked_at = activate_campaign.at,
        looks_at = case when current.kind in ('one_time', 'recurring') then activate_campaign.at end,
        activated_at = activate_campaign.at, changed_at = activate_campaign.at, revision = c.revision + 1
    where c.id = current.id returning c.* into current;
    if current.kind in ('one_time', 'recurring') then
        perform tendril.begin_campaign_runs(current, activate_campaign.at);
    elsif not current.schedule ? 'event' then
        insert into tendril.campaign_runs (campaign_id, occurrence, due_at) values (current.id, 'audience', activate_campaign.at);
        update tendril.campaigns c set next_run_at = activate_campaign.at where c.id = current.id;
    end if;
    return tendril.describe_campaign(current.id);
end;
$$;
