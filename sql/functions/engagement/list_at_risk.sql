-- Lists those whose risk of dropping off is at least so high, the highest first, and says how many they are and how many of them are
-- how much at risk; the percentage is of all whose risk is told; changes nothing.
create or replace function tendril.list_at_risk(threshold float8 default 60, limit_to int default 100, after_user uuid default null)
returns jsonb
language sql stable
set search_path = ''
as $$
    with last as (
        select r.risk from tendril.drop_off_risks r where r.user_id = list_at_risk.after_user
    ), page as (
        select r.* from tendril.drop_off_risks r
        where r.risk >= list_at_risk.threshold
            and (list_at_risk.after_user is null or (-r.risk, r.user_id) > (select -last.risk, list_at_risk.after_user from last))
        order by r.risk desc, r.user_id limit list_at_risk.limit_to
    ), counted as (
        select
            count(*) filter (where r.risk >= list_at_risk.threshold) as total,
            count(*) filter (where r.risk >= list_at_risk.threshold and r.band = 'critical') as critical,
            count(*) filter (where r.risk >= list_at_risk.threshold and r.band = 'high') as high,
            count(*) filter (where r.risk >= list_at_risk.threshold and r.band = 'medium') as medium, count(*) as known
        from tendril.drop_off_risks r
    )
    select jsonb_build_object(
        'items', coalesce((
            select jsonb_agg(tendril.risk_of(p.user_id) || jsonb_build_object(
                    'name', tendril.full_name(u), 'external_id', u.external_id, 'last_active_at', u.last_active_at) order by p.risk desc, p.user_id)
            from page p join tendril.users u on u.id = p.user_id), '[]'),
        'stats', (
            select jsonb_build_object(
                'total', c.total, 'critical', c.critical, 'high', c.high, 'medium', c.medium, 'known', c.known,
                'percentage', coalesce(round(100.0 * c.total / nullif(c.known, 0), 1), 0))
            from counted c),
        'next_after', (
            select case when count(*) = list_at_risk.limit_to then (array_agg(p.user_id order by p.risk, p.user_id desc))[1] end from page p));
$$;
