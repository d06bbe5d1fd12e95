-- Changes a campaign and gives it: a draft in everything, one under way in what does not touch who has been written to what, one that
-- is over in its words.
create or replace function tendril.change_campaign(
    campaign_id bigint, changes jsonb, revision int default null, at timestamptz default tendril.clock()
)
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    current tendril.campaigns := tendril.lock_campaign(change_campaign.campaign_id, change_campaign.revision);
    changed tendril.campaigns := jsonb_populate_record(current, change_campaign.changes);
    fixed text := (
        select min(k.key) from jsonb_object_keys(change_campaign.changes) as k (key)
        where current.status <> 'draft' and k.key <> all (case when current.status in ('active', 'paused')
            then array['title', 'description', 'audience', 'filter', 'per_minute', 'stale_after', 'goal'] else array['title', 'description'] end));
begin
    if fixed is not null then
        raise exception 'the % of a campaign that is % stays as it is; duplicate the campaign and change the copy', fixed, current.status
            using errcode = 'TN409', detail = fixed;
    elsif changed.name <> current.name and exists (select from tendril.campaigns c where c.name = changed.name) then
        raise exception 'there is a campaign named % already', changed.name using errcode = 'TN409', detail = 'name';
    end if;
    perform tendril.check_campaign(changed);
    update tendril.campaigns c
    set name = changed.name, title = changed.title, description = coalesce(changed.description, ''), kind = changed.kind,
        audience = changed.audience, filter = changed.filter, sequence = changed.sequence, steps = changed.steps,
        message_class = changed.message_class, schedule = changed.schedule, timezone = changed.timezone,
        stale_after = changed.stale_after, per_minute = changed.per_minute, holdout = changed.holdout, goal = changed.goal,
        throttled_until = null, revision = c.revision + 1, changed_at = change_campaign.at
    where c.id = current.id;
    return tendril.describe_campaign(current.id);
end;
$$;
