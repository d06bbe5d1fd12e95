-- Brings all sums in line with what these deliveries and the others of their steps count as now, or those of the enrollments with these
-- numbers: adds what they are, takes away what they were counted as. Whoever calls it holds the row of analytics_state.
create or replace function tendril.refold_deliveries(deliveries bigint[], first_enrollment bigint default null, last_enrollment bigint default null)
returns void
language plpgsql
set search_path = ''
set jit = off
set plan_cache_mode = 'force_generic_plan'
set random_page_cost = 1.1
-- Plans are made while the tables are still empty, and then kept.
set enable_seqscan = off
as $$
#variable_conflict use_column
declare
    -- which message of a step was the first, and which fell back, depends on its others
    all_of_them bigint[] := case when refold_deliveries.deliveries is not null then array(
        select unnest(refold_deliveries.deliveries)
        union
        select s.id from tendril.message_deliveries d
        join tendril.message_deliveries s on s.enrollment_id = d.enrollment_id and s.message_step = d.message_step
        where d.id = any (refold_deliveries.deliveries)) end;
begin
    with fresh as materialized (
        select f.* from tendril.delivery_figures(all_of_them, refold_deliveries.first_enrollment, refold_deliveries.last_enrollment) f
    ), changes as materialized (
        select 1 as sign, f.* from fresh f
        union all
        select -1, o.delivery_id, o.cell, c.day, c.version_id, c.message_step, c.channel, c.message_class, c.campaign_id, c.experiment_id,
            c.variant, c.mail_provider, c.outcome, c.reason, o.enrolled_on, o.sent_quarter, o.sent_hour, o.open_hour, o.open_seconds,
            o.click_seconds, o.conversions, o.value, o.is_sent, o.is_first, o.is_delivered, o.is_engaged, o.is_opened_at_all,
            o.is_hard_bounced, o.is_soft_bounced, o.is_complained, o.is_unsubscribed, o.is_fallen_back
        from tendril.folded_deliveries o join tendril.delivery_cells c on c.cell = o.cell
        where o.delivery_id = any (all_of_them)
    ), celled as materialized (
        select h.cell, h.day, h.version_id, h.message_step, h.channel, h.message_class, h.campaign_id, h.experiment_id, h.variant, h.mail_provider,
            h.outcome, h.reason, sum(h.sign) as deliveries, sum(h.sign) filter (where h.is_sent) as sent,
            sum(h.sign) filter (where h.is_first) as people, sum(h.sign) filter (where h.is_delivered) as delivered,
            sum(h.sign) filter (where h.is_engaged) as engaged, sum(h.sign) filter (where h.open_seconds is not null) as opened,
            sum(h.sign) filter (where h.is_opened_at_all) as opened_at_all, sum(h.sign) filter (where h.click_seconds is not null) as clicked,
            sum(h.sign) filter (where h.is_hard_bounced) as hard_bounced, sum(h.sign) filter (where h.is_soft_bounced) as soft_bounced,
            sum(h.sign) filter (where h.is_complained) as complained, sum(h.sign) filter (where h.is_unsubscribed) as unsubscribed,
            sum(h.sign) filter (where h.is_fallen_back) as fell_back,
            sum(h.sign) filter (where h.conversions > 0 and h.is_delivered) as converted,
            sum(h.sign * h.conversions) filter (where h.conversions <> 0) as conversions, sum(h.sign * h.value) filter (where h.conversions <> 0) as value,
            sum(h.sign::bigint * h.open_seconds) as open_seconds, sum(h.sign::bigint * h.click_seconds) as click_seconds
        from changes h
        group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12
    ), cells as (
        insert into tendril.delivery_cells as c (
            cell, day, version_id, message_step, channel, message_class, campaign_id, experiment_id, variant, mail_provider, outcome, reason,
            deliveries, sent, people, delivered, engaged, opened, opened_at_all, clicked, hard_bounced, soft_bounced, complained,
            unsubscribed, fell_back, converted, conversions, value, open_seconds, click_seconds)
        select s.cell, s.day, s.version_id, s.message_step, s.channel, s.message_class, s.campaign_id, s.experiment_id, s.variant,
            s.mail_provider, s.outcome, s.reason, s.deliveries, coalesce(s.sent, 0), coalesce(s.people, 0), coalesce(s.delivered, 0),
            coalesce(s.engaged, 0), coalesce(s.opened, 0), coalesce(s.opened_at_all, 0), coalesce(s.clicked, 0), coalesce(s.hard_bounced, 0),
            coalesce(s.soft_bounced, 0), coalesce(s.complained, 0), coalesce(s.unsubscribed, 0), coalesce(s.fell_back, 0),
            coalesce(s.converted, 0), coalesce(s.conversions, 0), coalesce(s.value, 0), coalesce(s.open_seconds, 0), coalesce(s.click_seconds, 0)
        from celled s
        on conflict (cell) do update
        set deliveries = c.deliveries + excluded.deliveries, sent = c.sent + excluded.sent, people = c.people + excluded.people,
            delivered = c.delivered + excluded.delivered, engaged = c.engaged + excluded.engaged, opened = c.opened + excluded.opened,
            opened_at_all = c.opened_at_all + excluded.opened_at_all, clicked = c.clicked + excluded.clicked,
            hard_bounced = c.hard_bounced + excluded.hard_bounced, soft_bounced = c.soft_bounced + excluded.soft_bounced,
            complained = c.complained + excluded.complained, unsubscribed = c.unsubscribed + excluded.unsubscribed,
            fell_back = c.fell_back + excluded.fell_back, converted = c.converted + excluded.converted,
            conversions = c.conversions + excluded.conversions, value = c.value + excluded.value,
            open_seconds = c.open_seconds + excluded.open_seconds, click_seconds = c.click_seconds + excluded.click_seconds
    ), summed as (
        insert into tendril.delivery_sums as c (
            cell, grain, day, channel, message_class, version_id, message_step, campaign_id, experiment_id, variant, mail_provider, outcome, reason,
            deliveries, sent, people, delivered, engaged, opened, opened_at_all, clicked, hard_bounced, soft_bounced, complained,
            unsubscribed, fell_back, failed, skipped, cancelled, unclear, converted, conversions, value, open_seconds, click_seconds)
        select
            md5(row(g.grain, g.day, g.channel, g.message_class, g.version_id, g.message_step, g.campaign_id, g.experiment_id, g.variant,
                g.mail_provider, g.outcome, g.reason)::text)::uuid,
            g.*
        from (
            select r.grain, case when r.is_monthly then date_trunc('month', s.day::timestamp)::date else s.day end as day, s.channel, s.message_class,
                case when r.by_version then s.version_id end as version_id, case when r.by_step then s.message_step end as message_step,
                case when r.by_campaign then s.campaign_id end as campaign_id, case when r.by_variant then s.experiment_id end as experiment_id,
                case when r.by_variant then s.variant end as variant, case when r.by_provider then s.mail_provider end as mail_provider,
                case when r.by_outcome then s.outcome end as outcome, case when r.by_outcome then s.reason end as reason,
                sum(s.deliveries), coalesce(sum(s.sent), 0), coalesce(sum(s.people), 0), coalesce(sum(s.delivered), 0), coalesce(sum(s.engaged), 0),
                coalesce(sum(s.opened), 0), coalesce(sum(s.opened_at_all), 0), coalesce(sum(s.clicked), 0), coalesce(sum(s.hard_bounced), 0),
                coalesce(sum(s.soft_bounced), 0), coalesce(sum(s.complained), 0), coalesce(sum(s.unsubscribed), 0), coalesce(sum(s.fell_back), 0),
                coalesce(sum(s.deliveries) filter (where s.outcome = 'failed'), 0), coalesce(sum(s.deliveries) filter (where s.outcome = 'skipped'), 0),
                coalesce(sum(s.deliveries) filter (where s.outcome = 'cancelled'), 0),
                coalesce(sum(s.deliveries) filter (where s.outcome in ('unknown', 'parked')), 0),
                coalesce(sum(s.converted), 0), coalesce(sum(s.conversions), 0), coalesce(sum(s.value), 0), coalesce(sum(s.open_seconds), 0),
                coalesce(sum(s.click_seconds), 0)
            from celled s cross join tendril.analytics_grains() r
            group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12
        ) g
        on conflict (cell) do update
        set deliveries = c.deliveries + excluded.deliveries, sent = c.sent + excluded.sent, people = c.people + excluded.people,
            delivered = c.delivered + excluded.delivered, engaged = c.engaged + excluded.engaged, opened = c.opened + excluded.opened,
            opened_at_all = c.opened_at_all + excluded.opened_at_all, clicked = c.clicked + excluded.clicked,
            hard_bounced = c.hard_bounced + excluded.hard_bounced, soft_bounced = c.soft_bounced + excluded.soft_bounced,
            complained = c.complained + excluded.complained, unsubscribed = c.unsubscribed + excluded.unsubscribed,
            fell_back = c.fell_back + excluded.fell_back, failed = c.failed + excluded.failed, skipped = c.skipped + excluded.skipped,
            cancelled = c.cancelled + excluded.cancelled, unclear = c.unclear + excluded.unclear, converted = c.converted + excluded.converted,
            conversions = c.conversions + excluded.conversions, value = c.value + excluded.value,
            open_seconds = c.open_seconds + excluded.open_seconds, click_seconds = c.click_seconds + excluded.click_seconds
    ), spread as materialized (
        -- bucket b of a delay is from 2^(b/2) up to 2^((b+1)/2) seconds, so that a median read from buckets is at most a fifth off
        select k.day, v.sequence, k.channel, k.message_class, coalesce(k.campaign_id, 0) as campaign_id, k.kind, k.bucket, k.deliveries, k.opened, k.clicked
        from (
            select 'sent_hour' as kind, c.sent_hour as bucket, c.day, c.version_id, c.channel, c.message_class, c.campaign_id, sum(c.sign) as deliveries,
                coalesce(sum(c.sign) filter (where c.open_seconds is not null), 0) as opened,
                coalesce(sum(c.sign) filter (where c.click_seconds is not null), 0) as clicked
            from changes c where c.sent_hour is not null
            group by 2, 3, 4, 5, 6, 7
            union all
            select 'open_hour', c.open_hour, c.day, c.version_id, c.channel, c.message_class, c.campaign_id, sum(c.sign),
                sum(c.sign), coalesce(sum(c.sign) filter (where c.click_seconds is not null), 0)
            from changes c where c.open_seconds is not null
            group by 2, 3, 4, 5, 6, 7
            union all
            select 'open_delay', floor(2 * ln(greatest(c.open_seconds, 1)::float8) / ln(2::float8) + 1e-9)::smallint, c.day, c.version_id, c.channel,
                c.message_class, c.campaign_id, sum(c.sign), sum(c.sign), coalesce(sum(c.sign) filter (where c.click_seconds is not null), 0)
            from changes c where c.open_seconds is not null
            group by 2, 3, 4, 5, 6, 7
            union all
            select 'click_delay', floor(2 * ln(greatest(c.click_seconds, 1)::float8) / ln(2::float8) + 1e-9)::smallint, c.day, c.version_id, c.channel,
                c.message_class, c.campaign_id, sum(c.sign), coalesce(sum(c.sign) filter (where c.open_seconds is not null), 0), sum(c.sign)
            from changes c where c.click_seconds is not null
            group by 2, 3, 4, 5, 6, 7
        ) k
        join tendril.sequence_versions v on v.id = k.version_id
    ), spreads as (
        insert into tendril.delivery_spreads as s (day, sequence, channel, message_class, campaign_id, kind, bucket, deliveries, opened, clicked)
        select p.day, p.sequence, p.channel, p.message_class, p.campaign_id, p.kind, p.bucket, sum(p.deliveries), sum(p.opened), sum(p.clicked)
        from spread p
        group by 1, 2, 3, 4, 5, 6, 7
        on conflict (day, sequence, channel, message_class, campaign_id, kind, bucket) do update
        set deliveries = s.deliveries + excluded.deliveries, opened = s.opened + excluded.opened, clicked = s.clicked + excluded.clicked
    ), all_spreads as (
        insert into tendril.spread_sums as s (day, channel, message_class, kind, bucket, deliveries, opened, clicked)
        select p.day, p.channel, p.message_class, p.kind, p.bucket, sum(p.deliveries), sum(p.opened), sum(p.clicked)
        from spread p
        group by 1, 2, 3, 4, 5
        on conflict (day, channel, message_class, kind, bucket) do update
        set deliveries = s.deliveries + excluded.deliveries, opened = s.opened + excluded.opened, clicked = s.clicked + excluded.clicked
    ), steps as (
        insert into tendril.step_counts as s (
            version_id, enrolled_on, message_step, campaign_id, experiment_id, variant, people, engaged, opened, clicked, converted)
        select c.version_id, c.enrolled_on, c.message_step, coalesce(c.campaign_id, 0), coalesce(c.experiment_id, 0), coalesce(c.variant, ''),
            coalesce(sum(c.sign) filter (where c.is_first), 0), coalesce(sum(c.sign) filter (where c.is_engaged), 0),
            coalesce(sum(c.sign) filter (where c.open_seconds is not null), 0), coalesce(sum(c.sign) filter (where c.click_seconds is not null), 0),
            coalesce(sum(c.sign) filter (where c.conversions > 0 and c.is_delivered), 0)
        from changes c
        where c.is_sent
        group by 1, 2, 3, 4, 5, 6
        on conflict (version_id, enrolled_on, message_step, campaign_id, experiment_id, variant) do update
        set people = s.people + excluded.people, engaged = s.engaged + excluded.engaged, opened = s.opened + excluded.opened,
            clicked = s.clicked + excluded.clicked, converted = s.converted + excluded.converted
    ), quarters as (
        insert into tendril.delivery_quarters as q (quarter, channel, sent, delivered, opened, clicked)
        select c.sent_quarter, c.channel, sum(c.sign), coalesce(sum(c.sign) filter (where c.is_delivered), 0),
            coalesce(sum(c.sign) filter (where c.open_seconds is not null), 0), coalesce(sum(c.sign) filter (where c.click_seconds is not null), 0)
        from changes c
        where c.is_sent
        group by 1, 2
        on conflict (quarter, channel) do update
        set sent = q.sent + excluded.sent, delivered = q.delivered + excluded.delivered, opened = q.opened + excluded.opened, clicked = q.clicked + excluded.clicked
    ), gone as (
        delete from tendril.folded_deliveries o
        where o.delivery_id = any (all_of_them) and o.delivery_id not in (select f.delivery_id from fresh f)
    )
    insert into tendril.folded_deliveries as o (
        delivery_id, cell, enrolled_on, sent_quarter, sent_hour, open_hour, open_seconds, click_seconds, conversions, value, is_sent, is_first,
        is_delivered, is_engaged, is_opened_at_all, is_hard_bounced, is_soft_bounced, is_complained, is_unsubscribed, is_fallen_back)
    select f.delivery_id, f.cell, f.enrolled_on, f.sent_quarter, f.sent_hour, f.open_hour, f.open_seconds, f.click_seconds, f.conversions, f.value,
        f.is_sent, f.is_first, f.is_delivered, f.is_engaged, f.is_opened_at_all, f.is_hard_bounced, f.is_soft_bounced, f.is_complained,
        f.is_unsubscribed, f.is_fallen_back
    from fresh f
    on conflict (delivery_id) do update
    set cell = excluded.cell, enrolled_on = excluded.enrolled_on, sent_quarter = excluded.sent_quarter, sent_hour = excluded.sent_hour,
        open_hour = excluded.open_hour, open_seconds = excluded.open_seconds, click_seconds = excluded.click_seconds,
        conversions = excluded.conversions, value = excluded.value, is_sent = excluded.is_sent, is_first = excluded.is_first,
        is_delivered = excluded.is_delivered, is_engaged = excluded.is_engaged, is_opened_at_all = excluded.is_opened_at_all,
        is_hard_bounced = excluded.is_hard_bounced, is_soft_bounced = excluded.is_soft_bounced, is_complained = excluded.is_complained,
        is_unsubscribed = excluded.is_unsubscribed, is_fallen_back = excluded.is_fallen_back;
end;
$$;
