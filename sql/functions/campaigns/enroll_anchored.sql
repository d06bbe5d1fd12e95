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
    -- A day more, for the time of day at which a step may ask to be sent.
    earliest timestamptz := enroll_anchored.at - interval '1 day' - (
        select coalesce(max(s.after) filter (where s.anchor = 'enrollment'), '0') + coalesce(sum(s.after) filter (where s.anchor = 'previous'), '0')
        from tendril.sequence_steps s
        where s.version_id = coalesce(enroll_anchored.version_id, (
            select q.current_version_id from tendril.sequences q where q.name = (enroll_anchored.campaign).sequence)));
begin
    if not coalesce(((enroll_anchored.campaign).schedule ->> 'include_existing')::boolean, false) then
        earliest := greatest(earliest, (enroll_anchored.campaign).activated_at);
    end if;
    return tendril.enroll_audience(
        (enroll_anchored.campaign).sequence, (enroll_anchored.campaign).filter, tendril.campaign_key(enroll_anchored.campaign),
        source => 'campaign', version_id => enroll_anchored.version_id, after_user => (enroll_anchored.run).after_user,
        before_user => enroll_anchored.before_user, batch => enroll_anchored.batch,
        campaign_id => (enroll_anchored.campaign).id,
        also => jsonb_build_object(anchor, case anchor
            when 'user.created_at' then jsonb_build_object('$gt', to_char(earliest at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.USZ'))
            else '{"$exists": true}' end),
        anchor => anchor, anchored_after => earliest, most => enroll_anchored.most, at => enroll_anchored.at);
end;
$$;
