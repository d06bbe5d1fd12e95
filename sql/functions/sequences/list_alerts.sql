-- Lists the alerts that are not over, and says whether this admin is told of alerts; changes nothing.
create or replace function tendril.list_alerts(user_id uuid)
returns jsonb
language sql stable
set search_path = ''
as $$
    select jsonb_build_object(
        'is_muted', exists (select from tendril.alert_mutes m where m.user_id = list_alerts.user_id),
        'alerts', coalesce((
            select jsonb_agg(jsonb_build_object('cause', a.cause, 'kind', a.kind, 'details', a.details, 'since', a.since) order by a.since, a.id)
            from tendril.admin_alerts a where a.cleared_at is null and a.told_at is not null), '[]'));
$$;
