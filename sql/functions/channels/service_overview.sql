-- How the service is at a glance: people, alerts, what is under way, the queue and the channels; changes nothing.
create or replace function tendril.service_overview(at timestamptz default tendril.clock())
returns jsonb
language sql stable
set search_path = ''
as $$
    select jsonb_build_object(
        'people', (select count(*) from tendril.users u where u.deleted_at is null),
        'new', (select count(*) from tendril.users u where u.created_at > service_overview.at - interval '7 days' and u.deleted_at is null),
        'admins', (select count(*) from tendril.list_admins()),
        'alerts', (select count(*) from tendril.admin_alerts a where a.cleared_at is null and a.told_at is not null),
        'is_paused', tendril.everything_is_paused(),
        'running', running.active,
        'paused', running.paused,
        'queue', tendril.queue_health(service_overview.at))
    from (
        select count(*) filter (where e.status = 'active') as active, count(*) filter (where e.status = 'paused') as paused
        from tendril.enrollments e where e.status in ('active', 'paused')
    ) running;
$$;
