-- Sends these deliveries once more, rendered anew and past the policy gate, where that can be done: they are pending again, with
-- all their attempts. Says which those are.
create or replace function tendril.retry_deliveries(deliveries bigint[], at timestamptz default tendril.clock())
returns bigint[]
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    retried bigint[];
begin
    perform tendril.lock_runs(array(
        select distinct d.user_id from tendril.message_deliveries d where d.id = any (retry_deliveries.deliveries)));
    with again as (
        update tendril.message_deliveries d
        set delivery_status = 'pending', reason = null, attempt_count = 0, next_attempt_at = retry_deliveries.at, fallback_at = null,
            message_content = null, batch_key = null, batch_position = null, batch_started_at = null, provider_message_id = null,
            sent_at = null, delivered_at = null, opened_at = null, clicked_at = null, engaged_at = null, failed_at = null,
            failure_reason = null,
            possibly_duplicate = d.possibly_duplicate or d.delivery_status = 'unknown',
            -- by this the gate lets it pass although its sequence has gone on
            metadata = d.metadata || jsonb_build_object('retried_at', retry_deliveries.at)
        where d.id = any (retry_deliveries.deliveries) and tendril.is_retryable(d)
        returning d.id
    ), told as (
        insert into tendril.delivery_events (delivery_id, source, type, occurred_at, recorded_at)
        select a.id, 'admin', 'retried', retry_deliveries.at, retry_deliveries.at from again a
    ), outdated as (
        -- What a provider said of the attempt before says nothing of this one.
        update tendril.delivery_events v set source = 'admin', type = 'earlier_attempt_' || v.type
        from again a
        where v.delivery_id = a.id and v.source = 'resend'
    )
    select coalesce(array_agg(a.id), '{}') into retried from again a;
    return retried;
end;
$$;
