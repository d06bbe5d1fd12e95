-- Tells which campaigns were to enroll somebody and have not: because as many people as a minute may have come before them, or because
-- it could not begin in time. Since when, and when it is tried again; changes nothing.
create or replace function tendril.held_back(user_id uuid, at timestamptz default tendril.clock())
returns jsonb
language plpgsql stable
set search_path = ''
as $$
#variable_conflict use_column
declare
    -- the bounds between which only they are
    before_them uuid := (select u.id from tendril.users u where u.id < held_back.user_id order by u.id desc limit 1);
    waiting record;
    told jsonb := '[]';
begin
    for waiting in
        select c as campaign, r as run
        from tendril.campaigns c
        join tendril.campaign_runs r on r.campaign_id = c.id
        join tendril.users u on u.id = held_back.user_id and coalesce(r.zone = u.timezone, true)
        where (
                r.status = 'stale' and r.due_at > greatest(held_back.at - interval '30 days', u.created_at)
                or c.status = 'active' and c.per_minute is not null and r.due_at <= held_back.at and coalesce(u.id > r.after_user, true)
                    and (r.status = 'running' or r.status = 'waiting' and c.throttled_until > held_back.at))
            and case c.kind
                when 'triggered' then
                    -- in its first round it only remembers whom it finds
                    (r.sweeps > 0 or coalesce((c.schedule ->> 'include_present')::boolean, false))
                    and tendril.enrollable_again(c, array[u.id], held_back.at) <> '{}'
                    and not exists (select from tendril.campaign_members m where m.campaign_id = c.id and m.user_id = u.id)
                else
                    not exists (
                        select from tendril.enrollments e
                        where e.user_id = u.id and e.sequence = c.sequence
                            and e.key = case when c.kind = 'drip' then tendril.campaign_key(c) else r.occurrence end)
                    and not exists (select from tendril.sequence_opt_outs o where o.user_id = u.id and o.sequence = c.sequence)
            end
            and (c.kind <> 'drip' or tendril.date_of_user(u, c.schedule ->> 'anchor') > tendril.anchored_after(c, at => held_back.at))
        order by r.due_at, r.id
    loop
        if tendril.users_meeting((waiting.campaign).filter, before_them, upto_user => held_back.user_id) <> '{}' then
            told := told || jsonb_build_object(
                'campaign', (waiting.campaign).name, 'per_minute', (waiting.campaign).per_minute,
                'reason', case (waiting.run).status when 'stale' then 'stale' else 'throttled' end,
                'occurrence', nullif((waiting.run).occurrence, 'audience'), 'since', (waiting.run).due_at,
                'again_at', case when (waiting.run).status <> 'stale' then greatest((waiting.campaign).throttled_until, held_back.at) end);
        end if;
    end loop;
    return told;
end;
$$;
