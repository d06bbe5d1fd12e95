-- Lists what needs an admin at this moment, each cause by its name, and how long it has to last before anybody is told; changes
-- nothing. What admins did themselves is no cause.
create or replace function tendril.alert_causes(at timestamptz default tendril.clock())
returns table (cause text, kind text, details jsonb, patience interval)
language sql stable
set search_path = ''
as $$
    select 'channel_paused:' || b.channel, 'channel_paused', jsonb_build_object('channel', b.channel, 'reason', b.paused_reason), interval '0'
    from tendril.send_budgets b
    where b.paused_reason <> 'not_configured' and b.paused_reason not like 'admin:%'
    union all
    -- one that the provider keeps out for minutes, until it lets it in again
    select 'channel_blocked:' || b.channel, 'channel_blocked', jsonb_build_object('channel', b.channel), interval '0'
    from tendril.send_budgets b
    where b.paused_reason is null and (b.blocked_until > alert_causes.at + interval '5 minutes' or b.blocked_until > alert_causes.at and exists (
        select from tendril.admin_alerts a where a.cause = 'channel_blocked:' || b.channel and a.cleared_at is null))
    union all
    select concat_ws(':', 'template_parked', d.sequence_type, s.name), 'template_parked',
        jsonb_build_object('sequence', q.title, 'step', s.name, 'reason', min(d.reason)), interval '0'
    from tendril.message_deliveries d
    join tendril.sequences q on q.name = d.sequence_type
    join tendril.sequence_steps s on s.version_id = d.version_id and s.position = d.message_step
    where d.delivery_status = 'parked'
    group by d.sequence_type, s.name, q.title
    union all
    select rate.kind, rate.kind, jsonb_build_object('mails', rate.mails, 'percent', round(100.0 * rate.bad / rate.mails, 2)), interval '0'
    from (
        select t.kind, t.most, count(*) as mails, count(*) filter (where m.delivery_status = t.status) as bad
        from (
            select d.delivery_status from tendril.message_deliveries d
            where d.channel = 'email' and d.sent_at > alert_causes.at - interval '24 hours'
            order by d.sent_at desc limit 1000
        ) m
        cross join (values ('bounces', 'bounced', 0.02), ('complaints', 'complained', 0.001)) as t (kind, status, most)
        group by t.kind, t.most
    ) rate
    where rate.mails >= 50 and rate.bad > rate.mails * rate.most
    union all
    -- a process that was asleep catches up within a minute
    select 'queue_late:' || b.channel, 'queue_late',
        jsonb_build_object('channel', b.channel, 'minutes', floor(extract(epoch from alert_causes.at - oldest.due) / 60)), interval '1 minute'
    from tendril.send_budgets b
    cross join lateral (
        select min(d.next_attempt_at) as due from tendril.message_deliveries d where d.channel = b.channel and d.delivery_status = 'pending'
    ) oldest
    where b.paused_reason is null and coalesce(b.blocked_until <= alert_causes.at, true) and not tendril.everything_is_paused()
        and oldest.due < alert_causes.at - interval '5 minutes'
    union all
    select 'webhook_paused:' || s.id, 'webhook_paused',
        jsonb_build_object('webhook', s.id, 'host', substring(s.url from '^https?://([^/?#]+)'), 'reason', s.paused_reason), interval '0'
    from tendril.callback_subscribers s where s.paused_reason in ('failing', 'gone')
    union all
    select 'uneven_division:' || x.id, 'uneven_division', jsonb_build_object('experiment', x.title), interval '0'
    from tendril.experiments x where x.status = 'running' and x.division_p < 0.001
    union all
    -- until it is tried anew, or cancelled
    select 'campaign_failed:' || c.id, 'campaign_failed', jsonb_build_object('campaign', c.title, 'reason', min(r.error)), interval '0'
    from tendril.campaign_runs r join tendril.campaigns c on c.id = r.campaign_id
    where r.status = 'failed' and c.status = 'active'
    group by c.id
    union all
    -- for two days nobody has talked to them, or nobody is there who could be asked to
    select 'outreach_waiting', 'outreach_waiting', jsonb_build_object('tasks', count(*)), interval '0'
    from tendril.outreach_tasks t
    where t.status = 'open' and (t.created_at <= alert_causes.at - interval '2 days' or not exists (
        select from tendril.users_to_alert() as admin (id)
        join tendril.contact_points c on c.user_id = admin.id and c.state = 'active' and c.channel in ('telegram', 'email')))
    having count(*) > 0
    union all
    -- until something is learned anew
    select 'risk_model_broken', 'risk_model_broken', jsonb_build_object('reason', m.problem), interval '0'
    from (select m.* from tendril.risk_models m order by m.id desc limit 1) m
    where m.is_taken and m.problem is not null
    union all
    select 'updates_failed', 'updates_failed', jsonb_build_object('updates', count(*), 'error', mode() within group (order by t.error)), interval '0'
    from tendril.telegram_updates t
    where t.handled_at > alert_causes.at - interval '1 hour' and t.error is not null
    having count(*) > 0
    union all
    select 'callbacks_refused:' || r.provider, 'callbacks_refused', jsonb_build_object('provider', r.provider), interval '0'
    from tendril.refused_callbacks r where r.last_at > alert_causes.at - interval '1 hour';
$$;
