-- Says after which date of their own a drip campaign, in this version of its sequence, still takes people: one that the last step lies ahead
-- of, and none from before it began unless it includes them; changes nothing.
create or replace function tendril.anchored_after(campaign tendril.campaigns, version_id bigint default null, at timestamptz default tendril.clock())
returns timestamptz
language sql stable
set search_path = ''
as $$
    select greatest(
        -- A day more, for the time of day at which a step may ask to be sent.
        anchored_after.at - interval '1 day'
            - coalesce(max(s.after) filter (where s.anchor = 'enrollment'), '0') - coalesce(sum(s.after) filter (where s.anchor = 'previous'), '0'),
        case when not coalesce((anchored_after.campaign.schedule ->> 'include_existing')::boolean, false) then anchored_after.campaign.activated_at end)
    from tendril.sequence_steps s
    where s.version_id = coalesce(anchored_after.version_id, (
        select q.current_version_id from tendril.sequences q where q.name = anchored_after.campaign.sequence));
$$;
