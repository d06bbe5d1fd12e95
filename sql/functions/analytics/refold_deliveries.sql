-- Brings the sums in line with what these deliveries, and the others of their steps, count as now: adds what they are, takes away
-- what they were counted as. Whoever calls it holds the row of analytics_state.
create or replace function tendril.refold_deliveries(deliveries bigint[])
returns void
language plpgsql
set search_path = ''
set plan_cache_mode = 'force_generic_plan'
set random_page_cost = 1.1
set enable_seqscan = off
as $$
#variable_conflict use_column
declare
    -- which message of a step was the first, and which fell back, depends on its others
    all_of_them bigint[] := array(
        select unnest(refold_deliveries.deliveries)
        union
        select s.id from tendril.message_deliveries d
        join tendril.message_deliveries s on s.enrollment_id = d.enrollment_id and s.message_step = d.message_step
        where d.id = any (refold_deliveries.deliveries));
    fresh tendril.delivery_figures[] := array(select f from tendril.delivery_figures(all_of_them) f);
begin
    insert into tendril.delivery_cells (
        cell, day, version_id, message_step, channel, message_class, campaign_id, experiment_id, variant, mail_provider, outcome, reason)
    select distinct on ((f.folded).cell)
        (f.folded).cell, f.day, f.version_id, f.message_step, f.channel, f.message_class, f.campaign_id, f.experiment_id, f.variant,
        f.mail_provider, f.outcome, f.reason
    from unnest(fresh) f
    where not exists (select from tendril.delivery_cells c where c.cell = (f.folded).cell);

    with changes as materialized (
        select 1 as sign, (f.folded).* from unnest(fresh) f
        union all
        select -1, o.* from tendril.folded_deliveries o where o.delivery_id = any (all_of_them)
    ), celled as materialized (
        select h.*, c.day, v.sequence, c.version_id, c.message_step, c.channel, c.message_class, coalesce(c.campaign_id, 0) as campaign_id,
            coalesce(c.experiment_id, 0) as experiment_id, coalesce(c.variant, '') as variant
        from changes h join tendril.delivery_cells c on c.cell = h.cell join tendril.sequence_versions v on v.id = c.version_id
    ), spread as (
        insert into tendril.delivery_spreads as s (
            day, sequence, channel, message_class, campaign_id, kind, bucket, deliveries, opened, clicked)
        select c.day, c.sequence, c.channel, c.message_class, c.campaign_id, k.kind, k.bucket, sum(c.sign),
            sum(c.sign * (c.open_seconds is not null)::int), sum(c.sign * (c.click_seconds is not null)::int)
        from celled c
        cross join lateral (
            values ('open_delay', tendril.delay_bucket(c.open_seconds)), ('click_delay', tendril.delay_bucket(c.click_seconds)),
                ('open_hour', c.open_hour), ('sent_hour', c.sent_hour)
        ) as k (kind, bucket)
        where k.bucket is not null
        group by 1, 2, 3, 4, 5, 6, 7
        on conflict (day, sequence, channel, message_class, campaign_id, kind, bucket) do update
            set deliveries = s.deliveries + excluded.deliveries, opened = s.opened + excluded.opened, clicked = s.clicked + excluded.clicked
    ), stepped as (
        insert into tendril.step_counts as s (
            version_id, enrolled_on, message_step, campaign_id, experiment_id, variant, people, engaged, opened, clicked, converted)
        select c.version_id, c.enrolled_on, c.message_step, c.campaign_id, c.experiment_id, c.variant,
            coalesce(sum(c.sign) filter (where c.is_first), 0), coalesce(sum(c.sign) filter (where c.is_engaged), 0), coalesce(sum(c.sign) filter (where c.open_seconds is not null), 0),
            coalesce(sum(c.sign) filter (where c.click_seconds is not null), 0), coalesce(sum(c.sign) filter (where c.conversions > 0 and c.is_delivered), 0)
        from celled c
        where c.is_sent
        group by 1, 2, 3, 4, 5, 6
        on conflict (version_id, enrolled_on, message_step, campaign_id, experiment_id, variant) do update
            set people = s.people + excluded.people, engaged = s.engaged + excluded.engaged, opened = s.opened + excluded.opened, clicked = s.clicked + excluded.clicked,
                converted = s.converted + excluded.converted
    )
    update tendril.delivery_cells c
    set deliveries = c.deliveries + d.deliveries, sent = c.sent + d.sent, people = c.people + d.people,
        delivered = c.delivered + d.delivered, engaged = c.engaged + d.engaged, opened = c.opened + d.opened, opened_at_all = c.opened_at_all + d.opened_at_all,
        clicked = c.clicked + d.clicked, hard_bounced = c.hard_bounced + d.hard_bounced, soft_bounced = c.soft_bounced + d.soft_bounced,
        complained = c.complained + d.complained, unsubscribed = c.unsubscribed + d.unsubscribed, fell_back = c.fell_back + d.fell_back,
        converted = c.converted + d.converted, conversions = c.conversions + d.conversions, value = c.value + d.value,
        open_seconds = c.open_seconds + d.open_seconds, click_seconds = c.click_seconds + d.click_seconds
    from (
        select h.cell, sum(h.sign) as deliveries, sum(h.sign * h.is_sent::int) as sent, sum(h.sign * h.is_first::int) as people,
            sum(h.sign * h.is_delivered::int) as delivered, sum(h.sign * h.is_engaged::int) as engaged, sum(h.sign * (h.open_seconds is not null)::int) as opened,
            sum(h.sign * h.is_opened_at_all::int) as opened_at_all, sum(h.sign * (h.click_seconds is not null)::int) as clicked,
            sum(h.sign * h.is_hard_bounced::int) as hard_bounced, sum(h.sign * h.is_soft_bounced::int) as soft_bounced,
            sum(h.sign * h.is_complained::int) as complained, sum(h.sign * h.is_unsubscribed::int) as unsubscribed,
            sum(h.sign * h.is_fallen_back::int) as fell_back, sum(h.sign * (h.conversions > 0 and h.is_delivered)::int) as converted,
            sum(h.sign * h.conversions) as conversions, sum(h.sign * h.value) as value,
            sum(h.sign::bigint * coalesce(h.open_seconds, 0)) as open_seconds, sum(h.sign::bigint * coalesce(h.click_seconds, 0)) as click_seconds
        from changes h
        group by h.cell
    ) d
    where c.cell = d.cell;

    delete from tendril.folded_deliveries o where o.delivery_id = any (all_of_them);
    insert into tendril.folded_deliveries select (f.folded).* from unnest(fresh) f;
end;
$$;
