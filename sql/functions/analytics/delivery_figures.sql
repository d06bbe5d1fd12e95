-- As what each of these deliveries counts, now; those that wait or are being sent are not among them, nor are trials of campaigns.
create or replace function tendril.delivery_figures(deliveries bigint[])
returns setof tendril.delivery_figures
language sql stable
set search_path = ''
as $$
    with judged as (
        select d.*, e.campaign_id, e.experiment_id, e.variant,
            (coalesce(d.sent_at, d.failed_at, d.scheduled_at) at time zone 'UTC')::date as day,
            (e.enrolled_at at time zone 'UTC')::date as enrolled_on,
            case when d.channel = 'email' then coalesce(m.provider, 'other') end as mail_provider,
            case when d.sent_at is not null and d.delivery_status not in ('bounced', 'complained', 'failed') then 'sent' else d.delivery_status end as outcome,
            -- only a mail can be on its way for long, or come back; who complains of it has it
            d.sent_at is not null and (d.delivery_status = 'complained' or d.delivery_status in ('sent', 'delivered', 'opened', 'clicked')
                and (d.channel <> 'email' or d.delivered_at is not null)) as is_delivered,
            u.timezone
        from tendril.message_deliveries d
        join tendril.enrollments e on e.id = d.enrollment_id
        join tendril.users u on u.id = d.user_id
        left join tendril.mail_domains m on d.channel = 'email' and m.domain = lower(substring(d.recipient_address from '@([^@]+)$'))
        where d.id = any (delivery_figures.deliveries) and (d.sent_at is not null or d.delivery_status not in ('pending', 'sending'))
            and d.sequence_type <> 'campaign_trial'
    ), celled as (
        select j.*, case when j.outcome <> 'sent' then coalesce(j.failure_reason, j.reason) end as why,
            -- nobody has opened what came back; who clicked has opened it
            case when j.is_delivered then coalesce(j.opened_at, j.clicked_at) end as opened_by_people_at,
            case when j.is_delivered then j.clicked_at end as clicked_by_people_at
        from judged j
    )
    select
        row(
            c.id,
            md5(jsonb_build_array(c.day, c.version_id, c.message_step, c.channel, c.message_class, c.campaign_id, c.experiment_id,
                c.variant, c.mail_provider, c.outcome, c.why)::text)::uuid,
            c.enrolled_on,
            extract(hour from c.sent_at at time zone c.timezone),
            extract(hour from c.opened_by_people_at at time zone c.timezone),
            -- `greatest` would make 0 of nothing
            case when c.opened_by_people_at is not null then greatest(extract(epoch from c.opened_by_people_at - c.sent_at), 0) end,
            case when c.clicked_by_people_at is not null then greatest(extract(epoch from c.clicked_by_people_at - c.sent_at), 0) end,
            coalesce(led_to.conversions, 0), coalesce(led_to.value, 0),
            c.sent_at is not null,
            c.sent_at is not null and not exists (
                select from tendril.message_deliveries s
                where s.enrollment_id = c.enrollment_id and s.message_step = c.message_step and (s.sent_at, s.id) < (c.sent_at, c.id)),
            c.is_delivered,
            c.is_delivered and (c.engaged_at is not null or c.opened_by_people_at is not null),
            c.is_delivered and (c.opened_by_people_at is not null or coalesce(told.is_opened, false)),
            coalesce(told.is_hard_bounced, false),
            coalesce(told.is_soft_bounced and not told.is_hard_bounced, false),
            c.delivery_status = 'complained',
            c.is_delivered and (
                exists (select from tendril.message_wishes w where w.delivery_id = c.id and w.wish in ('not', 'stop'))
                or exists (
                    select from tendril.behavior_keys k
                    where k.event_id in ('unsubscribed:' || c.tracking_id || ':channel', 'unsubscribed:' || c.tracking_id || ':everything'))),
            exists (
                select from tendril.message_deliveries f
                where f.enrollment_id = c.enrollment_id and f.message_step = c.message_step and f.fallback_of = c.id)
        )::tendril.folded_deliveries,
        c.day, c.version_id, c.message_step, c.channel, c.message_class, c.campaign_id, c.experiment_id, c.variant, c.mail_provider,
        c.outcome, c.why
    from celled c
    left join lateral (
        select bool_or(v.type in ('opened', 'clicked')) as is_opened, bool_or(v.type = 'bounced') as is_hard_bounced,
            bool_or(v.type = 'soft_bounce') as is_soft_bounced
        from tendril.delivery_events v
        where v.delivery_id = c.id and v.source in ('resend', 'link')
    ) told on true
    left join lateral (
        -- An event is owed to one message, though a campaign and an experiment may both wait for it.
        select count(*) as conversions, sum(each.value) as value
        from (
            select max(v.value) as value from tendril.conversions v
            where v.delivery_id = c.id and (v.is_last_touch or v.experiment_id is not null)
            group by v.behavior_event_id
        ) each
    ) led_to on true;
$$;
