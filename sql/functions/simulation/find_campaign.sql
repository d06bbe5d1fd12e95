-- Gives the campaign of this name as its author wrote it, and how it stands; changes nothing.
create or replace function tendril.find_campaign(name text)
returns jsonb
language plpgsql stable
set search_path = ''
as $$
#variable_conflict use_column
declare
    found_id bigint := (select c.id from tendril.campaigns c where c.name = find_campaign.name);
begin
    if found_id is null then
        raise exception 'no campaign named %', find_campaign.name using errcode = 'TN404', detail = 'campaign',
            hint = 'Use the name of a campaign, which the API lists.';
    end if;
    return tendril.describe_campaign(found_id);
end;
$$;
