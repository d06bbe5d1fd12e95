-- Judges anew all messages of the enrollments with these numbers, and brings the sums in line with those that count as something else now
-- than what they were counted as. Says how many there are, and how many of them were.
create or replace function tendril.rebuild_messages(first_enrollment bigint, last_enrollment bigint)
returns jsonb
language plpgsql
set search_path = ''
set work_mem = '64MB'
set jit = off
set plan_cache_mode = 'force_custom_plan'
set random_page_cost = 1.1
as $$
#variable_conflict use_column
declare
    judged int;
    differing bigint[];
    is_new boolean := not tendril.are_folded(rebuild_messages.first_enrollment, rebuild_messages.last_enrollment);
begin
    if is_new then
        perform from tendril.analytics_state s for update;
        is_new := not tendril.are_folded(rebuild_messages.first_enrollment, rebuild_messages.last_enrollment);
    end if;
    if is_new then
        perform tendril.refold_deliveries(null, rebuild_messages.first_enrollment, rebuild_messages.last_enrollment);
        judged := (
            select count(*) from tendril.message_deliveries d join tendril.folded_deliveries o on o.delivery_id = d.id
            where d.enrollment_id between rebuild_messages.first_enrollment and rebuild_messages.last_enrollment);
        return jsonb_build_object('messages', judged, 'corrected', judged);
    end if;
    -- Nobody has to wait while they are judged: what changes meanwhile leaves a mark.
    with fresh as materialized (
        select f.delivery_id,
            o.delivery_id is null or c.cell is null
            or (f.cell, f.enrolled_on, f.sent_quarter, f.sent_hour, f.open_hour, f.open_seconds, f.click_seconds, f.conversions, f.value, f.is_sent,
                f.is_first, f.is_delivered, f.is_engaged, f.is_opened_at_all, f.is_hard_bounced, f.is_soft_bounced, f.is_complained,
                f.is_unsubscribed, f.is_fallen_back)
            is distinct from (o.cell, o.enrolled_on, o.sent_quarter, o.sent_hour, o.open_hour, o.open_seconds, o.click_seconds, o.conversions, o.value,
                o.is_sent, o.is_first, o.is_delivered, o.is_engaged, o.is_opened_at_all, o.is_hard_bounced, o.is_soft_bounced, o.is_complained,
                o.is_unsubscribed, o.is_fallen_back) as differs
        from tendril.delivery_figures(null, rebuild_messages.first_enrollment, rebuild_messages.last_enrollment) f
        left join tendril.folded_deliveries o on o.delivery_id = f.delivery_id
        left join tendril.delivery_cells c on c.cell = f.cell
    )
    select
        (select count(*) from fresh),
        array(
            select f.delivery_id from fresh f where f.differs
            union all
            -- what counts as nothing now
            select o.delivery_id from tendril.message_deliveries d join tendril.folded_deliveries o on o.delivery_id = d.id
            where d.enrollment_id between rebuild_messages.first_enrollment and rebuild_messages.last_enrollment
                and (d.sent_at is null and d.delivery_status in ('pending', 'sending') or d.sequence_type = 'campaign_trial'))
    into judged, differing;
    if differing <> '{}' then
        perform from tendril.analytics_state s for update;
        perform tendril.refold_deliveries(differing);
    end if;
    return jsonb_build_object('messages', judged, 'corrected', cardinality(differing));
end;
$$;
