-- Takes back what a worker left behind: rows that were never rendered go through the gate again; a stored email batch is leased
-- whole, to be sent again under its key, or waits while its channel or everything is paused; a Telegram message that may have
-- gone out is marked so. Gives the ids of such a batch.
create or replace function tendril.take_over_expired(
    worker text, channel text, token uuid, lease_end timestamptz, at timestamptz default tendril.clock()
)
returns bigint[]
language plpgsql
set search_path = ''
set plan_cache_mode = 'force_generic_plan'
set random_page_cost = 1.1
-- Plans are made while the tables are still small, and then kept; those by which foreign keys are checked too.
set enable_seqscan = off
as $$
#variable_conflict use_column
declare
    expired bigint[];
    failed bigint[];
    unknown bigint[];
    stored_batch text;
    batch bigint[];
begin
    select array_agg(t.id) into expired from (
        select d.id from tendril.message_deliveries d
        where d.delivery_status = 'sending' and d.channel = take_over_expired.channel and d.leased_until <= take_over_expired.at
        order by d.leased_until limit 1000 for update skip locked
    ) t;
    if expired is null then
        return '{}';
    end if;

    -- The provider remembers a key for 24 hours; past 23 nobody can tell whether sending again would repeat it. And a message
    -- that must go at most once is not sent again when it may have gone.
    with ended as (
        update tendril.message_deliveries d
        set delivery_status = case when d.batch_started_at >= take_over_expired.at - interval '23 hours' then 'failed' else 'unknown' end,
            reason = case when d.batch_key is null then 'lease_lost' when d.batch_started_at < take_over_expired.at - interval '23 hours' then 'key_expired' else 'attempts_exhausted' end,
            failed_at = take_over_expired.at, failure_reason = 'no answer from the provider was recorded', lease_token = null, leased_until = null, worker = null
        from tendril.sequence_steps s
        where d.id = any (expired) and s.version_id = d.version_id and s.position = d.message_step
            and (d.batch_key is not null and (d.batch_started_at < take_over_expired.at - interval '23 hours'
                    or d.attempt_count >= d.max_attempts and tendril.batch_is_exhausted(d.batch_key))
                 or d.batch_key is null and d.message_content is not null and s.at_most_once)
        returning d.id, d.delivery_status, d.reason
    ), told as (
        insert into tendril.delivery_events (delivery_id, source, type, reason, occurred_at, recorded_at)
        select id, 'worker', delivery_status, reason, take_over_expired.at, take_over_expired.at from ended
    )
    select
        coalesce(array_agg(id) filter (where delivery_status = 'failed'), '{}'),
        coalesce(array_agg(id) filter (where delivery_status = 'unknown'), '{}')
    into failed, unknown from ended;
    -- What may have arrived is not said again over another channel.
    perform tendril.advance_enrollments(unknown, take_over_expired.at);
    perform tendril.settle_failures(failed, take_over_expired.at);

    -- What was not even rendered has not been tried.
    update tendril.message_deliveries d
    set delivery_status = 'pending', next_attempt_at = take_over_expired.at, lease_token = null, leased_until = null, worker = null,
        attempt_count = d.attempt_count - (d.message_content is null)::int,
        possibly_duplicate = d.possibly_duplicate or d.message_content is not null
    where d.id = any (expired) and d.delivery_status = 'sending' and d.batch_key is null;

    -- While nothing may leave, nothing is sent again either; opening the channel wakes it.
    if tendril.everything_is_paused() or exists (
        select from tendril.send_budgets b where b.channel = take_over_expired.channel and b.paused_reason is not null)
    then
        update tendril.message_deliveries d
        set lease_token = null, worker = null, leased_until = take_over_expired.at + interval '5 minutes', reason = coalesce(d.reason, 'lease_lost')
        where d.id = any (expired) and d.delivery_status = 'sending';
        return '{}';
    end if;

    select d.batch_key into stored_batch from tendril.message_deliveries d
    where d.id = any (expired) and d.delivery_status = 'sending' order by d.batch_started_at, d.id limit 1;
    if stored_batch is null then
        return '{}';
    end if;
    -- Every row of the batch, also those that a webhook has already moved on: the request must be the same to the byte.
    with taken as (
        update tendril.message_deliveries d
        set worker = take_over_expired.worker, lease_token = take_over_expired.token, leased_until = take_over_expired.lease_end,
            attempt_count = d.attempt_count + 1,
            -- what record_outcomes knows a repeated batch by
            reason = coalesce(d.reason, 'lease_lost')
        where d.batch_key = stored_batch
        returning d.id
    )
    select array_agg(id) into batch from taken;
    return batch;
end;
$$;
