-- Writes into the log of a campaign what a page of a run came to, and when the run goes on: one that watches its audience begins again
-- after five minutes.
create or replace function tendril.record_campaign_page(run tendril.campaign_runs, page jsonb, at timestamptz default tendril.clock())
returns void
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    is_last boolean := record_campaign_page.page ->> 'after_user' is null;
    is_watching boolean := (record_campaign_page.run).occurrence = 'audience';
    -- a new round through the same people
    begins_anew boolean := is_watching and (record_campaign_page.run).after_user is null;
    next_look timestamptz := record_campaign_page.at + interval '5 minutes';
begin
    update tendril.campaign_runs r
    set status = case when not is_last then 'running' when is_watching then 'waiting' else 'done' end,
        after_user = (record_campaign_page.page ->> 'after_user')::uuid,
        seen = case when begins_anew then 0 else r.seen end + (record_campaign_page.page ->> 'seen')::int,
        enrolled = r.enrolled + (record_campaign_page.page ->> 'enrolled')::int,
        held_out = r.held_out + (record_campaign_page.page ->> 'held_out')::int,
        left_out = tendril.add_counts(
            case when begins_anew then '{}' else r.left_out end, coalesce(record_campaign_page.page -> 'left_out', '{}')),
        sweeps = r.sweeps + is_last::int, attempts = 0, error = null, retry_at = null,
        due_at = case when is_last and is_watching then next_look else r.due_at end,
        started_at = coalesce(r.started_at, record_campaign_page.at),
        ended_at = case when is_last and not is_watching then record_campaign_page.at end
    where r.id = (record_campaign_page.run).id;
    update tendril.campaigns c
    set last_run_at = record_campaign_page.at, next_run_at = case when is_watching then next_look else c.next_run_at end
    where c.id = (record_campaign_page.run).campaign_id;
end;
$$;
