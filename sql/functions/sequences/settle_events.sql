-- Brings deliveries in line with all that is known of them, acts once on the events that are new (addresses are suppressed,
-- failures fall back), and moves on the enrollments of messages now known to be sent.
create or replace function tendril.settle_events(deliveries bigint[], fresh jsonb, at timestamptz default tendril.clock())
returns bigint[]
language plpgsql
set search_path = ''
set plan_cache_mode = 'force_generic_plan'
set random_page_cost = 1.1
as $$
#variable_conflict use_column
declare
    newly_sent bigint[];
    newly_failed bigint[];
begin
    with held as (
        select d.id, d.delivery_status as before from tendril.message_deliveries d
        where d.id = any (settle_events.deliveries) order by d.id for update
    ), known as (
        select
            v.delivery_id,
            min(v.occurred_at) filter (where v.type in ('sent', 'delivered', 'opened', 'clicked', 'bounced', 'soft_bounce', 'complained')) as sent_at,
            min(v.occurred_at) filter (where v.type in ('delivered', 'opened', 'clicked')) as delivered_at,
            min(v.occurred_at) filter (where v.type in ('opened', 'clicked') and not v.is_machine) as opened_at,
            min(v.occurred_at) filter (where v.type = 'clicked' and not v.is_machine) as clicked_at,
            min(v.occurred_at) filter (where v.type in ('bounced', 'soft_bounce', 'failed', 'suppressed')) as failed_at,
            min(v.reason) filter (where v.type in ('bounced', 'soft_bounce', 'failed', 'suppressed', 'complained')) as failure_reason,
            case
                when bool_or(v.type = 'complained') then 'complained'
                when bool_or(v.type in ('bounced', 'soft_bounce')) then 'bounced'
                when bool_or(v.type in ('failed', 'suppressed')) then 'failed'
                when bool_or(v.type = 'clicked' and not v.is_machine) then 'clicked'
                when bool_or(v.type = 'opened' and not v.is_machine) then 'opened'
                when bool_or(v.type in ('delivered', 'opened', 'clicked')) then 'delivered'
                when bool_or(v.type in ('sent', 'delivery_delayed')) then 'sent'
            end as status
        from tendril.delivery_events v
        where v.delivery_id = any (settle_events.deliveries) and v.source in ('resend', 'link')
        group by v.delivery_id
    ), settled as (
        update tendril.message_deliveries d
        set delivery_status = coalesce(k.status, d.delivery_status),
            sent_at = coalesce(d.sent_at, k.sent_at),
            delivered_at = k.delivered_at,
            opened_at = k.opened_at,
            clicked_at = k.clicked_at,
            failed_at = coalesce(k.failed_at, d.failed_at),
            failure_reason = coalesce(k.failure_reason, d.failure_reason),
            reason = coalesce(k.failure_reason, d.reason),
            -- The answer to the request may have been lost: then nobody else starts waiting for the user.
            fallback_at = case
                when h.before in ('sending', 'pending', 'unknown') and s.fallback = 'no_engagement'
                    then coalesce(d.fallback_at, coalesce(d.sent_at, k.sent_at, settle_events.at) + s.fallback_after)
                else d.fallback_at end
        from held h join known k on k.delivery_id = h.id, tendril.sequence_steps s
        where d.id = h.id and s.version_id = d.version_id and s.position = d.message_step
        returning d.id, h.before, d.delivery_status as after
    )
    select
        coalesce(array_agg(id) filter (where before in ('sending', 'pending', 'unknown') and after in ('sent', 'delivered', 'opened', 'clicked', 'complained')), '{}'),
        coalesce(array_agg(id) filter (where before not in ('failed', 'bounced', 'complained') and after in ('failed', 'bounced')), '{}')
    into newly_sent, newly_failed
    from settled;

    perform tendril.suppress_addresses(settle_events.deliveries, settle_events.fresh, settle_events.at);
    perform tendril.advance_enrollments(newly_sent, settle_events.at);
    if cardinality(newly_failed) > 0 then
        return tendril.settle_failures(newly_failed, settle_events.at);
    end if;
    return '{}';
end;
$$;
