-- Makes a draft like a campaign, under another name, and gives it.
create or replace function tendril.duplicate_campaign(
    campaign_id bigint, name text, created_by text, at timestamptz default tendril.clock()
)
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    original jsonb := tendril.describe_campaign(duplicate_campaign.campaign_id);
begin
    return tendril.draft_campaign(
        original || jsonb_build_object(
            'name', duplicate_campaign.name,
            -- its own messages become a sequence of the copy's
            'sequence', case when (original ->> 'is_own_sequence')::boolean then null else original ->> 'sequence' end),
        duplicate_campaign.created_by, duplicate_campaign.at);
end;
$$;
