-- Gives a campaign as its author wrote it, how it stands, and how many people it has enrolled and held out; changes nothing.
create or replace function tendril.describe_campaign(campaign_id bigint)
returns jsonb
language plpgsql stable
set search_path = ''
as $$
#variable_conflict use_column
declare
    described jsonb;
begin
    select to_jsonb(c) - array['upcoming', 'is_rule_over', 'looked_at', 'looks_at', 'throttled_until', 'carried_at', 'resumed_at', 'releases_at']
        || jsonb_build_object('is_own_sequence', c.steps is not null)
        -- what one behavior event enrolls writes no log, so that events do not wait for each other
        || case when c.kind = 'triggered' and c.schedule ? 'event' then (
            select jsonb_build_object(
                'enrolled', count(*) filter (where e.status_reason is distinct from 'holdout'),
                'held_out', count(*) filter (where e.status_reason = 'holdout'), 'last_run_at', max(e.enrolled_at))
            from tendril.enrollments e where e.campaign_id = c.id)
        else (
            select jsonb_build_object('enrolled', coalesce(sum(r.enrolled), 0), 'held_out', coalesce(sum(r.held_out), 0))
            from tendril.campaign_runs r where r.campaign_id = c.id) end
    into described
    from tendril.campaigns c where c.id = describe_campaign.campaign_id;
    if not found then
        raise exception 'no campaign %', describe_campaign.campaign_id using errcode = 'TN404', detail = 'campaign_id';
    end if;
    return described;
end;
$$;
