-- Stores a campaign as a draft, which does nothing yet, and gives it.
create or replace function tendril.draft_campaign(campaign jsonb, created_by text, at timestamptz default tendril.clock())
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    written tendril.campaigns := jsonb_populate_record(null::tendril.campaigns, draft_campaign.campaign);
    drafted bigint;
begin
    perform tendril.check_campaign(written);
    insert into tendril.campaigns (
        name, title, description, kind, audience, filter, sequence, steps, message_class, schedule, timezone, stale_after, per_minute,
        holdout, goal, created_by, created_at, changed_at)
    values (
        written.name, written.title, coalesce(written.description, ''), written.kind, written.audience, coalesce(written.filter, '{}'),
        written.sequence, written.steps, coalesce(written.message_class, 'announcement'), written.schedule, written.timezone,
        coalesce(written.stale_after, '12 hours'), written.per_minute, coalesce(written.holdout, 0), written.goal,
        draft_campaign.created_by, draft_campaign.at, draft_campaign.at)
    on conflict (name) do nothing returning id into drafted;
    if drafted is null then
        raise exception 'there is a campaign named % already', written.name using errcode = 'TN409', detail = 'name';
    end if;
    return tendril.describe_campaign(drafted);
end;
$$;
