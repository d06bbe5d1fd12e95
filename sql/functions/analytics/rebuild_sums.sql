-- Sums up anew the cells of a month, which begins on this day, and their times and hours; writes what differs.
create or replace function tendril.rebuild_sums(since date)
returns void
language plpgsql
set search_path = ''
set work_mem = '128MB'
set jit = off
set plan_cache_mode = 'force_custom_plan'
as $$
#variable_conflict use_column
declare
    until date := rebuild_sums.since + interval '1 month - 1 day';
    sums tendril.delivery_sums[];
    spreads tendril.spread_sums[];
begin
    -- Meanwhile marks wait.
    perform from tendril.analytics_state s for update;
    sums := array(
        select
            row(md5(row(g.grain, g.day, g.channel, g.message_class, g.version_id, g.message_step, g.campaign_id, g.experiment_id, g.variant,
                g.mail_provider, g.outcome, g.reason)::text)::uuid, g.*)::tendril.delivery_sums
        from (
            select r.grain, case when r.is_monthly then date_trunc('month', c.day::timestamp)::date else c.day end as day, c.channel, c.message_class,
                case when r.by_version then c.version_id end as version_id, case when r.by_step then c.message_step end as message_step,
                case when r.by_campaign then c.campaign_id end as campaign_id, case when r.by_variant then c.experiment_id end as experiment_id,
                case when r.by_variant then c.variant end as variant, case when r.by_provider then c.mail_provider end as mail_provider,
                case when r.by_outcome then c.outcome end as outcome, case when r.by_outcome then c.reason end as reason,
                sum(c.deliveries), sum(c.sent), sum(c.people), sum(c.delivered), sum(c.engaged), sum(c.opened), sum(c.opened_at_all),
                sum(c.clicked), sum(c.hard_bounced), sum(c.soft_bounced), sum(c.complained), sum(c.unsubscribed), sum(c.fell_back),
                coalesce(sum(c.deliveries) filter (where c.outcome = 'failed'), 0), coalesce(sum(c.deliveries) filter (where c.outcome = 'skipped'), 0),
                coalesce(sum(c.deliveries) filter (where c.outcome = 'cancelled'), 0),
                coalesce(sum(c.deliveries) filter (where c.outcome in ('unknown', 'parked')), 0),
                sum(c.converted), sum(c.conversions), sum(c.value), sum(c.open_seconds), sum(c.click_seconds)
            from tendril.delivery_cells c cross join tendril.analytics_grains() r
            where c.day between rebuild_sums.since and until
            group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12
        ) g);
    delete from tendril.delivery_sums s
    where s.cell in (
        select w.cell from (
            select l.* from tendril.delivery_sums l where l.day between rebuild_sums.since and until
            except
            select t.* from unnest(sums) t) w);
    insert into tendril.delivery_sums
    select t.* from unnest(sums) t
    except
    select l.* from tendril.delivery_sums l where l.day between rebuild_sums.since and until;

    spreads := array(
        select row(s.day, s.channel, s.message_class, s.kind, s.bucket, sum(s.deliveries), sum(s.opened), sum(s.clicked))::tendril.spread_sums
        from tendril.delivery_spreads s
        where s.day between rebuild_sums.since and until
        group by s.day, s.channel, s.message_class, s.kind, s.bucket);
    delete from tendril.spread_sums s
    where (s.day, s.channel, s.message_class, s.kind, s.bucket) in (
        select w.day, w.channel, w.message_class, w.kind, w.bucket from (
            select l.* from tendril.spread_sums l where l.day between rebuild_sums.since and until
            except
            select t.* from unnest(spreads) t) w);
    insert into tendril.spread_sums
    select t.* from unnest(spreads) t
    except
    select l.* from tendril.spread_sums l where l.day between rebuild_sums.since and until;
end;
$$;
