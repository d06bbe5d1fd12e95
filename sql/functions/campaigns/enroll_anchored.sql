-- Enrolls the next of those whose steps count from a date of their own that the last step still lies ahead of; without those from before
-- the campaign began, unless it includes them. A simulation has a version of its own, and people before one user.
create or replace function tendril.enroll_anchored(
    campaign tendril.campaigns, run tendril.campaign_runs, batch int, most int default null,
    version_id bigint default null, before_user uuid default null, at timestamptz default tendril.clock()
)
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    anchor text := (enroll_anchored.campaign).schedule ->> 'anchor';
    earliest timestamptz := tendril.anchored_after(enroll_anchored.campaign, enroll_anchored.version_id, enroll_anchored.at);
begin
    return tendril.enroll_audience(
        (enroll_anchored.campaign).sequence, (enroll_anchored.campaign).filter, tendril.campaign_key(enroll_anchored.campaign),
        source => 'campaign', version_id => enroll_anchored.version_id, after_user => (enroll_anchored.run).after_user,
        before_user => enroll_anchored.before_user, batch => enroll_anchored.batch,
        campaign_id => (enroll_anchored.campaign).id,
        also => tendril.anchored_filter(anchor, earliest),
        anchor => anchor, anchored_after => earliest, most => enroll_anchored.most, at => enroll_anchored.at);
end;
$$;
