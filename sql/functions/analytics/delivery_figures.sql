-- As what deliveries count now: these, or all of the enrollments with these numbers. Those that wait or are being sent are not among
-- them, nor are trials of campaigns. Of a step that has several messages all have to be asked for. Changes nothing.
create or replace function tendril.delivery_figures(deliveries bigint[], first_enrollment bigint default null, last_enrollment bigint default null)
returns table (
    delivery_id bigint, cell uuid, day date, version_id bigint, message_step int, channel text, message_class text, campaign_id bigint,
    experiment_id bigint, variant text, mail_provider text, outcome text, reason text, enrolled_on date, sent_quarter timestamptz,
    sent_hour smallint, open_hour smallint, open_seconds int, click_seconds int, conversions int, value numeric, is_sent boolean,
    is_first boolean, is_delivered boolean, is_engaged boolean, is_opened_at_all boolean, is_hard_bounced boolean, is_soft_bounced boolean,
    is_complained boolean, is_unsubscribed boolean, is_fallen_back boolean
)
language plpgsql stable
set search_path = ''
-- A handful and a million want different plans.
set plan_cache_mode = 'force_custom_plan'
set jit = off
set random_page_cost = 1.1
set enable_seqscan = on
as $$
#variable_conflict use_column
declare
    unsubscribed uuid[];
begin
    -- Whoever asks for many reads all these keys at once instead of looking for each message's.
    if delivery_figures.deliveries is null then
        unsubscribed := array(
            select substr(k.event_id, 14, 36)::uuid from tendril.behavior_keys k
            where k.event_id >= 'unsubscribed:' and k.event_id < 'unsubscribed;' and k.event_id ~ '^unsubscribed:[0-9a-f-]{36}:(channel|everything)$');
    else
        unsubscribed := array(
            select d.tracking_id from tendril.message_deliveries d
            where d.id = any (delivery_figures.deliveries) and exists (
                select from tendril.behavior_keys k
                where k.event_id in ('unsubscribed:' || d.tracking_id || ':channel', 'unsubscribed:' || d.tracking_id || ':everything')));
    end if;
    return query
    with chosen as materialized (
        select d.id, d.enrollment_id, d.user_id, d.version_id, d.sequence_type, d.message_step, d.channel, d.message_class, d.delivery_status,
            d.reason, d.failure_reason, d.recipient_address, d.scheduled_at, d.sent_at, d.delivered_at, d.opened_at, d.clicked_at, d.engaged_at,
            d.failed_at, d.tracking_id, d.fallback_of,
            d.sent_at is not null and row_number() over (partition by d.enrollment_id, d.message_step order by d.sent_at, d.id) = 1 as is_first
        from tendril.message_deliveries d
        where (delivery_figures.deliveries is null or d.id = any (delivery_figures.deliveries))
            and (delivery_figures.first_enrollment is null
                or d.enrollment_id between delivery_figures.first_enrollment and delivery_figures.last_enrollment)
    ), led_to as (
        -- An event is owed to one message, though a campaign and an experiment may both wait for it.
        select o.delivery_id, count(*) as conversions, coalesce(sum(o.value), 0) as value
        from (
            select v.delivery_id, max(v.value) as value
            from chosen c join tendril.conversions v on v.delivery_id = c.id
            where v.is_last_touch or v.experiment_id is not null
            group by v.delivery_id, v.behavior_event_id
        ) o
        group by 1
    ), judged as (
        select d.id, d.version_id, d.message_step, d.channel, d.message_class, d.sent_at, d.tracking_id, d.delivery_status, d.engaged_at,
            d.opened_at, d.clicked_at, d.is_first,
            d.id in (select f.fallback_of from chosen f where f.fallback_of is not null) as is_fallen_back,
            e.campaign_id, e.experiment_id, e.variant, u.timezone,
            (coalesce(d.sent_at, d.failed_at, d.scheduled_at) at time zone 'UTC')::date as day,
            (e.enrolled_at at time zone 'UTC')::date as enrolled_on,
            case when d.channel = 'email' then coalesce(m.provider, 'other') end as mail_provider,
            o.outcome, case when o.outcome <> 'sent' then coalesce(d.failure_reason, d.reason) end as reason,
            -- only a mail can be on its way for long, or come back; who complains of it has it
            d.sent_at is not null and (d.delivery_status = 'complained' or d.delivery_status in ('sent', 'delivered', 'opened', 'clicked')
                and (d.channel <> 'email' or d.delivered_at is not null)) as is_delivered
        from chosen d
        join tendril.enrollments e on e.id = d.enrollment_id
        join tendril.users u on u.id = d.user_id
        cross join lateral (
            select case when d.sent_at is not null and d.delivery_status not in ('bounced', 'complained', 'failed') then 'sent' else d.delivery_status end as outcome
        ) o
        left join tendril.mail_domains m on d.channel = 'email' and m.domain = lower(split_part(d.recipient_address, '@', -1))
        where (d.sent_at is not null or d.delivery_status not in ('pending', 'sending')) and d.sequence_type <> 'campaign_trial'
    )
    select
        j.id,
        md5(row(j.day, j.version_id, j.message_step, j.channel, j.message_class, j.campaign_id, j.experiment_id, j.variant, j.mail_provider,
            j.outcome, j.reason)::text)::uuid,
        j.day, j.version_id, j.message_step, j.channel, j.message_class, j.campaign_id, j.experiment_id, j.variant, j.mail_provider, j.outcome,
        j.reason, j.enrolled_on,
        date_bin('15 minutes', j.sent_at, 'epoch'),
        date_part('hour', j.sent_at at time zone j.timezone)::smallint,
        date_part('hour', p.opened_at at time zone j.timezone)::smallint,
        -- `greatest` would make 0 of nothing
        case when p.opened_at is not null then greatest(date_part('epoch', p.opened_at - j.sent_at), 0)::int end,
        case when p.clicked_at is not null then greatest(date_part('epoch', p.clicked_at - j.sent_at), 0)::int end,
        coalesce(l.conversions, 0)::int, coalesce(l.value, 0),
        j.sent_at is not null,
        j.is_first,
        j.is_delivered,
        j.is_delivered and (j.engaged_at is not null or p.opened_at is not null),
        j.is_delivered and (p.opened_at is not null or coalesce(t.is_opened, false)),
        coalesce(t.is_hard_bounced, false),
        coalesce(t.is_soft_bounced and not t.is_hard_bounced, false),
        j.delivery_status = 'complained',
        j.is_delivered and (
            j.tracking_id = any (unsubscribed)
            or exists (select from tendril.message_wishes w where w.delivery_id = j.id and w.wish in ('not', 'stop'))),
        j.is_fallen_back
    from judged j
    -- nobody has opened what came back; who clicked has opened it
    cross join lateral (
        select case when j.is_delivered then coalesce(j.opened_at, j.clicked_at) end as opened_at, case when j.is_delivered then j.clicked_at end as clicked_at
    ) p
    left join lateral (
        select bool_or(v.type in ('opened', 'clicked')) as is_opened, bool_or(v.type = 'bounced') as is_hard_bounced,
            bool_or(v.type = 'soft_bounce') as is_soft_bounced
        from tendril.delivery_events v
        where v.delivery_id = j.id and j.channel = 'email' and v.source in ('resend', 'link')
    ) t on true
    left join led_to l on l.delivery_id = j.id;
end;
$$;
