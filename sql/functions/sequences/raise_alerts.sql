-- Tells admins and owners of what needs them, each cause once until it is over, and once more when it is: by enrolling them in the
-- sequence "admin_alert". Any number of processes may ask. Says how many alerts were told of.
create or replace function tendril.raise_alerts(at timestamptz default tendril.clock())
returns int
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    causes text[];
    waiting text[];
    news jsonb;
begin
    with known as materialized (
        select * from tendril.alert_causes(raise_alerts.at)
    ), begun as (
        insert into tendril.admin_alerts (cause, kind, details, since)
        select k.cause, k.kind, k.details, raise_alerts.at from known k
        where not exists (select from tendril.admin_alerts a where a.cause = k.cause and a.cleared_at is null)
        on conflict (cause) where cleared_at is null do nothing
    )
    select coalesce(array_agg(k.cause), '{}'),
        coalesce(array_agg(k.cause) filter (where k.patience > interval '0' and not exists (
            select from tendril.admin_alerts a where a.cause = k.cause and a.cleared_at is null and a.since <= raise_alerts.at - k.patience)), '{}')
    into causes, waiting from known k;

    delete from tendril.admin_alerts a where a.cleared_at is null and a.told_at is null and a.cause <> all (causes);
    if not exists (select from tendril.sequences s where s.name = 'admin_alert' and s.current_version_id is not null) then
        return 0;
    end if;
    with told as (
        update tendril.admin_alerts a set told_at = raise_alerts.at
        where a.cleared_at is null and a.told_at is null and a.cause <> all (waiting)
        returning a.cause, a.kind, a.details, a.since, false as is_over
    ), cleared as (
        update tendril.admin_alerts a set cleared_at = raise_alerts.at
        where a.cleared_at is null and a.told_at is not null and a.cause <> all (causes)
        returning a.cause, a.kind, a.details, a.since, true as is_over
    )
    select jsonb_agg(n) into news from (select * from told union all select * from cleared) n;
    perform tendril.enroll(
        admin.id, 'admin_alert', concat_ws(':', case when n.is_over then 'alert_over' else 'alert' end, n.cause, extract(epoch from n.since)),
        n.details || jsonb_build_object('kind', n.kind, 'is_over', n.is_over), 'alert', raise_alerts.at)
    from jsonb_to_recordset(coalesce(news, '[]')) as n (cause text, kind text, details jsonb, since timestamptz, is_over boolean)
    cross join tendril.users_to_alert() as admin (id);
    return coalesce(jsonb_array_length(news), 0);
end;
$$;
