-- Brings deliveries, which the caller has locked, in line with all that is known of them, and acts once on what is new: addresses
-- are suppressed where the new events in `warnings` say so, failures fall back, enrollments of messages now known to be sent move
-- on. Returns which deliveries fell back.
create or replace function tendril.settle_events(deliveries bigint[], warnings jsonb, at timestamptz default tendril.clock())
returns bigint[]
language plpgsql
set search_path = ''
set plan_cache_mode = 'force_generic_plan'
set random_page_cost = 1.1
set enable_seqscan = off
as $$
#variable_conflict use_column
declare
    newly_sent bigint[];
    newly_failed bigint[];
begin
    with known as (
        select
            v.delivery_id,
            min(v.occurred_at) filter (where v.type in ('sent', 'delivered', 'opened', 'clicked', 'bounced', 'soft_bounce', 'complained')) as sent_at,
            min(v.occurred_at) filter (where v.type in ('delivered', 'opened', 'clicked')) as delivered_at,
            min(v.occurred_at) filter (where v.type in ('opened', 'clicked') and v.actor = 'human') as opened_at,
            min(v.occurred_at) filter (where v.type = 'clicked' and v.actor = 'human') as clicked_at,
            min(v.occurred_at) filter (where v.type in ('opened', 'clicked', 'engaged') and v.actor = 'human') as engaged_at,
            min(v.occurred_at) filter (where v.type in ('bounced', 'soft_bounce', 'failed', 'suppressed')) as failed_at,
            min(v.reason) filter (where v.type in ('bounced', 'soft_bounce', 'failed', 'suppressed', 'complained')) as failure_reason,
            case
                when bool_or(v.type = 'complained') then 'complained'
                when bool_or(v.type in ('bounced', 'soft_bounce')) then 'bounced'
                when bool_or(v.type in ('failed', 'suppressed')) then 'failed'
                when bool_or(v.type = 'clicked' and v.actor = 'human') then 'clicked'
                when bool_or(v.type = 'opened' and v.actor = 'human') then 'opened'
                when bool_or(v.type in ('delivered', 'opened', 'clicked')) then 'delivered'
                when bool_or(v.type in ('sent', 'delivery_delayed')) then 'sent'
            end as status
        from tendril.delivery_events v
        where v.delivery_id = any (settle_events.deliveries) and v.source in ('resend', 'link', 'telegram')
        group by v.delivery_id
    ), settled as (
        update tendril.message_deliveries d
        set delivery_status = coalesce(k.status, d.delivery_status),
            sent_at = coalesce(d.sent_at, k.sent_at),
            delivered_at = k.delivered_at,
            opened_at = k.opened_at,
            clicked_at = k.clicked_at,
            engaged_at = k.engaged_at,
            failed_at = coalesce(k.failed_at, d.failed_at),
            failure_reason = coalesce(k.failure_reason, d.failure_reason),
            reason = coalesce(k.failure_reason, d.reason),
            -- The answer to the request may have been lost: then nobody else starts waiting for the user.
            fallback_at = case
                when d.delivery_status in ('sending', 'pending', 'unknown') then coalesce(d.fallback_at, (
                    select coalesce(d.sent_at, k.sent_at, settle_events.at) + s.fallback_after
                    from tendril.sequence_steps s
                    where s.version_id = d.version_id and s.position = d.message_step and s.fallback = 'no_engagement'))
                else d.fallback_at end
        from known k join tendril.message_deliveries past on past.id = k.delivery_id
        where d.id = k.delivery_id
        returning d.id, past.delivery_status as before, d.delivery_status as after
    )
    select
        array_agg(id) filter (where before in ('sending', 'pending', 'unknown') and after in ('sent', 'delivered', 'opened', 'clicked', 'complained')),
        array_agg(id) filter (where before not in ('failed', 'bounced', 'complained') and after in ('failed', 'bounced'))
    into newly_sent, newly_failed
    from settled;

    perform tendril.announce_deliveries(settle_events.deliveries, settle_events.at);
    if warnings is not null then
        perform tendril.suppress_addresses(settle_events.deliveries, warnings, settle_events.at);
    end if;
    if newly_sent is not null then
        perform tendril.advance_enrollments(newly_sent, settle_events.at);
    end if;
    if newly_failed is not null then
        perform tendril.attribute_again(newly_failed, settle_events.at);
        return tendril.settle_failures(newly_failed, settle_events.at);
    end if;
    return '{}';
end;
$$;
