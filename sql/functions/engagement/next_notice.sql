-- Says when the passing of time is to be noticed next: somebody has done nothing for so long, a streak is in danger, a commitment is missed,
-- a pod's meeting has begun and the one after next is to be made; changes nothing.
create or replace function tendril.next_notice()
returns timestamptz
language sql stable
set search_path = ''
as $$
    with since as (
        select n.noticed_at from tendril.time_notices n
    ), moments as (
        select (
            select min(u.last_active_at) from tendril.users u
            where u.deleted_at is null and u.last_active_at > since.noticed_at - silence) + silence as moment
        from since, unnest(array[interval '7 days', interval '14 days']) as silence
        union all
        select (
            select min(s.last_act_at) from tendril.streaks s
            where s.due_at is not null and s.last_act_at > since.noticed_at - interval '23.5 hours') + interval '23.5 hours'
        from since
        union all
        -- the zones of two days overlap
        select tendril.instant(c.due_day + 1 + time '12:00', u.timezone)
        from since
        cross join lateral (select min(o.due_day) as first from tendril.commitments o where o.status = 'open') earliest
        join tendril.commitments c on c.status = 'open' and c.due_day <= earliest.first + 1
        join tendril.users u on u.id = c.user_id
        union all
        select min(e.starts_at) from since join tendril.events e on e.pod_id is not null and e.starts_at > since.noticed_at
    )
    select min(m.moment) from moments m, since where m.moment > since.noticed_at;
$$;
