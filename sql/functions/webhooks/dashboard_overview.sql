-- What the dashboard's first page shows: the service at a glance, who is in which sequence, what went wrong last, what admins did, and
-- how far it is where figures are counted anew; changes nothing.
create or replace function tendril.dashboard_overview(last_failures int default 8, last_acts int default 8, at timestamptz default tendril.clock())
returns jsonb
language sql stable
set search_path = ''
as $$
    select tendril.service_overview(dashboard_overview.at) || jsonb_build_object(
        'sequences', coalesce((
            select jsonb_agg(jsonb_build_object('title', s.title, 'active', r.active, 'paused', r.paused) order by r.active + r.paused desc, s.name)
            from (
                select e.sequence, count(*) filter (where e.status = 'active') as active, count(*) filter (where e.status = 'paused') as paused
                from tendril.enrollments e where e.status in ('active', 'paused') group by e.sequence
            ) r join tendril.sequences s on s.name = r.sequence), '[]'),
        'failures', coalesce((
            select jsonb_agg(tendril.describe_delivery(f) || jsonb_build_object('name', tendril.full_name(u)) order by f.id desc)
            from (
                select * from tendril.message_deliveries d
                where d.delivery_status in ('failed', 'bounced', 'complained', 'parked', 'unknown')
                order by d.id desc limit dashboard_overview.last_failures
            ) f join tendril.users u on u.id = f.user_id), '[]'),
        'acts', coalesce((
            select jsonb_agg(jsonb_build_object('actor', coalesce(tendril.full_name(u), a.actor), 'action', a.action, 'at', a.at) order by a.at desc, a.id desc)
            from (select * from tendril.audit_log a order by a.at desc, a.id desc limit dashboard_overview.last_acts) a
            left join tendril.contact_points c
                on c.channel = 'telegram' and c.state <> 'unverified' and c.address = substr(a.actor, length('telegram:') + 1)
                and a.actor like 'telegram:%'
            left join tendril.users u on u.id = c.user_id), '[]'),
        'rebuild', (select d from tendril.describe_analytics_rebuild() d where d ->> 'status' = 'running'));
$$;
