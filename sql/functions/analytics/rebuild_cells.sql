-- Sums up anew what the messages of these days are counted as: in cells, by times and hours, and by quarters of an hour; writes what differs.
-- Whoever calls it holds the row of analytics_state.
create or replace function tendril.rebuild_cells(since date, until date)
returns void
language plpgsql
set search_path = ''
set work_mem = '128MB'
set jit = off
set plan_cache_mode = 'force_custom_plan'
as $$
#variable_conflict use_column
declare
    cells tendril.delivery_cells[];
    spreads tendril.delivery_spreads[];
    quarters tendril.delivery_quarters[];
begin
    with counted as materialized (
        select o.*, c.day, c.version_id, c.channel, c.message_class, c.campaign_id
        from tendril.folded_deliveries o join tendril.delivery_cells c on c.cell = o.cell
        where c.day between rebuild_cells.since and rebuild_cells.until
    ), celled as (
        select o.cell, count(*) as deliveries, count(*) filter (where o.is_sent) as sent, count(*) filter (where o.is_first) as people,
            count(*) filter (where o.is_delivered) as delivered, count(*) filter (where o.is_engaged) as engaged, count(o.open_seconds) as opened,
            count(*) filter (where o.is_opened_at_all) as opened_at_all, count(o.click_seconds) as clicked,
            count(*) filter (where o.is_hard_bounced) as hard_bounced, count(*) filter (where o.is_soft_bounced) as soft_bounced,
            count(*) filter (where o.is_complained) as complained, count(*) filter (where o.is_unsubscribed) as unsubscribed,
            count(*) filter (where o.is_fallen_back) as fell_back, count(*) filter (where o.conversions > 0 and o.is_delivered) as converted,
            sum(o.conversions) as conversions, sum(o.value) as value, coalesce(sum(o.open_seconds), 0) as open_seconds,
            coalesce(sum(o.click_seconds), 0) as click_seconds
        from counted o
        group by 1
    ), spread as (
        select o.day, v.sequence, o.channel, o.message_class, coalesce(o.campaign_id, 0), b.kind, b.bucket, count(*), count(o.open_seconds),
            count(o.click_seconds)
        from counted o
        join tendril.sequence_versions v on v.id = o.version_id
        cross join lateral (
            values ('sent_hour', o.sent_hour), ('open_hour', o.open_hour),
                ('open_delay', case when o.open_seconds is not null then floor(2 * ln(greatest(o.open_seconds, 1)::float8) / ln(2::float8) + 1e-9)::smallint end),
                ('click_delay', case when o.click_seconds is not null then floor(2 * ln(greatest(o.click_seconds, 1)::float8) / ln(2::float8) + 1e-9)::smallint end)
        ) b (kind, bucket)
        where b.bucket is not null
        group by 1, 2, 3, 4, 5, 6, 7
    ), quartered as (
        select o.sent_quarter, o.channel, count(*), count(*) filter (where o.is_delivered), count(o.open_seconds), count(o.click_seconds)
        from counted o
        where o.is_sent
        group by 1, 2
    )
    select
        array(
            select row(c.cell, c.day, c.version_id, c.message_step, c.channel, c.message_class, c.campaign_id, c.experiment_id, c.variant,
                c.mail_provider, c.outcome, c.reason, s.deliveries, s.sent, s.people, s.delivered, s.engaged, s.opened, s.opened_at_all, s.clicked,
                s.hard_bounced, s.soft_bounced, s.complained, s.unsubscribed, s.fell_back, s.converted, s.conversions, s.value, s.open_seconds,
                s.click_seconds)::tendril.delivery_cells
            from celled s join tendril.delivery_cells c on c.cell = s.cell),
        array(select row(s.*)::tendril.delivery_spreads from spread s),
        array(select row(q.*)::tendril.delivery_quarters from quartered q)
    into cells, spreads, quarters;

    delete from tendril.delivery_cells c
    where c.cell in (
        select w.cell from (
            select l.* from tendril.delivery_cells l where l.day between rebuild_cells.since and rebuild_cells.until
            except
            select t.* from unnest(cells) t) w);
    insert into tendril.delivery_cells
    select t.* from unnest(cells) t
    except
    select l.* from tendril.delivery_cells l where l.day between rebuild_cells.since and rebuild_cells.until;

    delete from tendril.delivery_spreads s
    where s.day between rebuild_cells.since and rebuild_cells.until
        and (s.day, s.sequence, s.channel, s.message_class, s.campaign_id, s.kind, s.bucket) in (
            select w.day, w.sequence, w.channel, w.message_class, w.campaign_id, w.kind, w.bucket from (
                select l.* from tendril.delivery_spreads l where l.day between rebuild_cells.since and rebuild_cells.until
                except
                select t.* from unnest(spreads) t) w);
    insert into tendril.delivery_spreads
    select t.* from unnest(spreads) t
    except
    select l.* from tendril.delivery_spreads l where l.day between rebuild_cells.since and rebuild_cells.until;

    delete from tendril.delivery_quarters q
    where (q.quarter, q.channel) in (
        select w.quarter, w.channel from (
            select l.* from tendril.delivery_quarters l where (l.quarter at time zone 'UTC')::date between rebuild_cells.since and rebuild_cells.until
            except
            select t.* from unnest(quarters) t) w);
    insert into tendril.delivery_quarters
    select t.* from unnest(quarters) t
    except
    select l.* from tendril.delivery_quarters l where (l.quarter at time zone 'UTC')::date between rebuild_cells.since and rebuild_cells.until;
end;
$$;
