-- Counts anew what those who were enrolled on these days got of each step; writes what differs. Whoever calls it holds the row of analytics_state.
create or replace function tendril.rebuild_steps(since date, until date)
returns void
language plpgsql
set search_path = ''
set work_mem = '128MB'
set jit = off
set plan_cache_mode = 'force_custom_plan'
as $$
#variable_conflict use_column
declare
    steps tendril.step_counts[];
begin
    steps := array(
        select row(o.enrolled_on, c.version_id, c.message_step, coalesce(c.campaign_id, 0), coalesce(c.experiment_id, 0), coalesce(c.variant, ''),
            sum(o.people), sum(o.engaged), sum(o.opened), sum(o.clicked), sum(o.converted))::tendril.step_counts
        from (
            -- before the cells are looked up, because there are fewer of them
            select f.cell, f.enrolled_on, count(*) filter (where f.is_first) as people, count(*) filter (where f.is_engaged) as engaged,
                count(f.open_seconds) as opened, count(f.click_seconds) as clicked,
                count(*) filter (where f.conversions > 0 and f.is_delivered) as converted
            from tendril.folded_deliveries f
            where f.is_sent and f.enrolled_on between rebuild_steps.since and rebuild_steps.until
            group by 1, 2
        ) o
        join tendril.delivery_cells c on c.cell = o.cell
        group by o.enrolled_on, c.version_id, c.message_step, coalesce(c.campaign_id, 0), coalesce(c.experiment_id, 0), coalesce(c.variant, ''));
    delete from tendril.step_counts s
    where (s.version_id, s.enrolled_on, s.message_step, s.campaign_id, s.experiment_id, s.variant) in (
        select w.version_id, w.enrolled_on, w.message_step, w.campaign_id, w.experiment_id, w.variant from (
            select l.* from tendril.step_counts l where l.enrolled_on between rebuild_steps.since and rebuild_steps.until
            except
            select t.* from unnest(steps) t) w);
    insert into tendril.step_counts
    select t.* from unnest(steps) t
    except
    select l.* from tendril.step_counts l where l.enrolled_on between rebuild_steps.since and rebuild_steps.until;
end;
$$;
